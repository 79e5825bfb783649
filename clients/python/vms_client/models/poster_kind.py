from enum import StrEnum


class PosterKind(StrEnum):
    AUTOMATIC = "automatic"
    CANDIDATE = "candidate"
    UPLOAD = "upload"

    def __str__(self) -> str:
        return str(self.value)
