from enum import StrEnum


class MoveStatus(StrEnum):
    CANCELLED = "cancelled"
    COMPARING = "comparing"
    COMPLETED = "completed"
    ENCODING = "encoding"
    FAILED = "failed"
    FETCHING = "fetching"
    QUEUED = "queued"
    RESOLVING = "resolving"
    SKIPPED = "skipped"

    def __str__(self) -> str:
        return str(self.value)
