from enum import StrEnum


class PartKind(StrEnum):
    AUDIO = "audio"
    FINISH = "finish"
    WINDOW = "window"

    def __str__(self) -> str:
        return str(self.value)
