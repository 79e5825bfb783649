from enum import StrEnum


class EventKind(StrEnum):
    END = "end"
    ERROR = "error"
    PROGRESS = "progress"
    START = "start"

    def __str__(self) -> str:
        return str(self.value)
