from enum import StrEnum


class Provider(StrEnum):
    HLS = "hls"
    NONE = "none"
    VIMEO = "vimeo"

    def __str__(self) -> str:
        return str(self.value)
