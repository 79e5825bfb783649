from enum import StrEnum


class ReportStatus(StrEnum):
    COMPLETED = "completed"
    FAILED = "failed"
    PLANNED = "planned"
    PROGRESS = "progress"
    STARTED = "started"

    def __str__(self) -> str:
        return str(self.value)
