from enum import StrEnum


class ViewingProvider(StrEnum):
    HLS = "hls"
    VIMEO = "vimeo"

    def __str__(self) -> str:
        return str(self.value)
