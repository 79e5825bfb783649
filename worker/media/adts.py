"""Cut an ADTS byte stream into raw AAC frames (ISO/IEC 13818-7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.media.errors import MediaCode, MediaError

SAMPLES_PER_FRAME = 1024
SAMPLE_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass(frozen=True, slots=True)
class AacConfig:
    """What the frame headers say; `audio_specific_config` is the two bytes an MP4 stores (ISO/IEC 14496-3)."""

    object_type: int
    sample_rate: int
    channels: int
    audio_specific_config: bytes

    @property
    def codec(self) -> str:
        """RFC 6381 string, ``mp4a.40.2`` for AAC-LC."""
        return f"mp4a.40.{self.object_type}"


class AdtsReader:
    """Collects bytes and gives back frames; `config` is known after the first one."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.config: AacConfig | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add `data`; yield the raw AAC frames that are now complete. Raises MediaError when the stream is none."""
        self._buffer += data
        position, buffer = 0, self._buffer
        while position + 7 <= len(buffer):
            if buffer[position] != 0xFF or buffer[position + 1] & 0xF6 != 0xF0:
                raise MediaError(MediaCode.FFMPEG_FAILED, "the encoder's audio lost its framing")
            size = (buffer[position + 3] & 3) << 11 | buffer[position + 4] << 3 | buffer[position + 5] >> 5
            if position + size > len(buffer):
                break
            if self.config is None:
                self.config = _config(buffer[position : position + 4])
            header = 7 if buffer[position + 1] & 1 else 9
            yield bytes(buffer[position + header : position + size])
            position += size
        del buffer[:position]


def _config(header: bytes | bytearray) -> AacConfig:
    object_type = (header[2] >> 6) + 1
    rate_index = header[2] >> 2 & 15
    channels = (header[2] & 1) << 2 | header[3] >> 6
    specific = object_type << 11 | rate_index << 7 | channels << 3
    return AacConfig(object_type, SAMPLE_RATES[rate_index], channels, specific.to_bytes(2))
