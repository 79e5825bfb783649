from enum import StrEnum


class PlatformStatus(StrEnum):
    ARCHIVED = "archived"
    FAILED = "failed"
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"

    def __str__(self) -> str:
        return str(self.value)
