from enum import StrEnum


class AttemptStatus(StrEnum):
    FAILED = "failed"
    LOST = "lost"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    SUPERSEDED = "superseded"

    def __str__(self) -> str:
        return str(self.value)
