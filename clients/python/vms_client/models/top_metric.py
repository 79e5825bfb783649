from enum import StrEnum


class TopMetric(StrEnum):
    COMMENTS = "comments"
    ERRORS = "errors"
    LIKES = "likes"
    SHARES = "shares"
    UNIQUEVIEWERS = "uniqueViewers"
    VIEWS = "views"
    WATCHTIME = "watchTime"

    def __str__(self) -> str:
        return str(self.value)
