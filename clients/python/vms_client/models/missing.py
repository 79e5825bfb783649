from enum import StrEnum


class Missing(StrEnum):
    ARCHIVED = "archived"
    NOT_ENCODED = "not_encoded"
    NO_VIDEO = "no_video"

    def __str__(self) -> str:
        return str(self.value)
