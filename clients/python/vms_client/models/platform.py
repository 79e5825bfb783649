from enum import StrEnum


class Platform(StrEnum):
    HETZNER = "hetzner"
    KINESCOPE = "kinescope"
    VIMEO = "vimeo"
    YOUTUBE = "youtube"

    def __str__(self) -> str:
        return str(self.value)
