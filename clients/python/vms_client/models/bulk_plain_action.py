from enum import StrEnum


class BulkPlainAction(StrEnum):
    ARCHIVE = "archive"
    ENCODE = "encode"
    MIGRATE = "migrate"
    RESTORE = "restore"
    ROLLBACK = "rollback"

    def __str__(self) -> str:
        return str(self.value)
