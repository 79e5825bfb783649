from enum import StrEnum


class Share(StrEnum):
    ALL = "all"
    HIGH = "high"
    LOW = "low"

    def __str__(self) -> str:
        return str(self.value)
