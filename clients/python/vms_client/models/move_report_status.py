from enum import StrEnum


class MoveReportStatus(StrEnum):
    COMPARED = "compared"
    FAILED = "failed"
    FETCHED = "fetched"
    PROGRESS = "progress"

    def __str__(self) -> str:
        return str(self.value)
