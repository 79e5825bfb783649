"""What can go wrong with media, in one table.

MediaError            code, message, permanent
└─ permanent          the file is at fault: the same input fails again, so no retry
└─ transient          the machine or the network is at fault: another attempt may pass
"""

from __future__ import annotations

import signal
from enum import StrEnum


class MediaCode(StrEnum):
    """Stable codes of `MediaError`; stored with the attempt and shown to the user."""

    FFMPEG_INVALID_INPUT = "FFMPEG_INVALID_INPUT"
    FFMPEG_UNSUPPORTED_CODEC = "FFMPEG_UNSUPPORTED_CODEC"
    FILE_NOT_FOUND = "FILE_NOT_FOUND"
    MEDIA_EMPTY = "MEDIA_EMPTY"
    MEDIA_UNSUPPORTED_CONTAINER = "MEDIA_UNSUPPORTED_CONTAINER"
    MEDIA_NO_VIDEO = "MEDIA_NO_VIDEO"
    MEDIA_TOO_LARGE_FRAME = "MEDIA_TOO_LARGE_FRAME"
    MEDIA_TOO_LONG = "MEDIA_TOO_LONG"
    MEDIA_TRUNCATED = "MEDIA_TRUNCATED"
    MEDIA_PROBE_LIMIT = "MEDIA_PROBE_LIMIT"
    MEDIA_OUTPUT_TOO_LARGE = "MEDIA_OUTPUT_TOO_LARGE"
    FFMPEG_DOWNLOAD_FAILED = "FFMPEG_DOWNLOAD_FAILED"
    FFMPEG_FAILED = "FFMPEG_FAILED"
    FFMPEG_STALLED = "FFMPEG_STALLED"
    FFMPEG_TIMEOUT = "FFMPEG_TIMEOUT"
    FFMPEG_OUT_OF_MEMORY = "FFMPEG_OUT_OF_MEMORY"
    MEDIA_OUTPUT_INVALID = "MEDIA_OUTPUT_INVALID"
    SCRATCH_FULL = "SCRATCH_FULL"


#: Codes whose cause is the file itself. Everything else may pass on another attempt.
PERMANENT: frozenset[MediaCode] = frozenset(
    {
        MediaCode.FFMPEG_INVALID_INPUT,
        MediaCode.FFMPEG_UNSUPPORTED_CODEC,
        MediaCode.FILE_NOT_FOUND,
        MediaCode.MEDIA_EMPTY,
        MediaCode.MEDIA_UNSUPPORTED_CONTAINER,
        MediaCode.MEDIA_NO_VIDEO,
        MediaCode.MEDIA_TOO_LARGE_FRAME,
        MediaCode.MEDIA_TOO_LONG,
        MediaCode.MEDIA_TRUNCATED,
        MediaCode.MEDIA_PROBE_LIMIT,
        MediaCode.MEDIA_OUTPUT_TOO_LARGE,
    }
)


class MediaError(Exception):
    """A probe, encode or verification that did not succeed. `message` is fit to be shown to a user."""

    def __init__(self, code: MediaCode, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def permanent(self) -> bool:
        """True when another attempt on the same file would fail the same way."""
        return self.code in PERMANENT


#: Pieces of ffmpeg's log, most telling first, and what they mean.
_LOG_SIGNS: tuple[tuple[str, MediaCode, str], ...] = (
    (f"received signal {signal.SIGXCPU:d}", MediaCode.FFMPEG_TIMEOUT, "ffmpeg used up its CPU time"),
    ("No space left on device", MediaCode.SCRATCH_FULL, "the disk is full"),
    ("Cannot allocate memory", MediaCode.FFMPEG_OUT_OF_MEMORY, "ffmpeg ran out of its memory limit"),
    ("Resource temporarily unavailable", MediaCode.FFMPEG_OUT_OF_MEMORY, "ffmpeg could not start its threads"),
    ("malloc of size", MediaCode.FFMPEG_OUT_OF_MEMORY, "ffmpeg ran out of its memory limit"),
    ("HTTP error 404", MediaCode.FILE_NOT_FOUND, "the source object does not exist"),
    ("HTTP error", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the storage refused to hand out the source"),
    ("Server returned 404", MediaCode.FILE_NOT_FOUND, "the source object does not exist"),
    ("No such file or directory", MediaCode.FILE_NOT_FOUND, "the source file does not exist"),
    ("Server returned", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the storage refused to hand out the source"),
    ("Connection refused", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the storage could not be reached"),
    ("Connection reset", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the connection to the storage broke"),
    ("Connection timed out", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the storage did not answer"),
    ("Failed to resolve hostname", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the storage's name could not be resolved"),
    ("Stream ends prematurely", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the download of the source broke off"),
    ("Input/output error", MediaCode.FFMPEG_DOWNLOAD_FAILED, "the source could not be read to its end"),
    ("Decoder not found", MediaCode.FFMPEG_UNSUPPORTED_CODEC, "no decoder for this codec"),
    ("Unknown decoder", MediaCode.FFMPEG_UNSUPPORTED_CODEC, "no decoder for this codec"),
    ("not implemented", MediaCode.FFMPEG_UNSUPPORTED_CODEC, "a feature of this codec is not supported"),
    (
        "Changing audio frame properties",
        MediaCode.FFMPEG_UNSUPPORTED_CODEC,
        "the sound changes its channels or its sample rate midway; export the film with one format throughout",
    ),
    ("partial file", MediaCode.MEDIA_TRUNCATED, "the file breaks off"),
    ("moov atom not found", MediaCode.MEDIA_TRUNCATED, "the file's index is missing; the file breaks off"),
    ("Decode error rate", MediaCode.FFMPEG_INVALID_INPUT, "most of the file's sound or picture cannot be decoded"),
    ("Invalid data found", MediaCode.FFMPEG_INVALID_INPUT, "the file's data cannot be decoded"),
    ("Error while decoding", MediaCode.FFMPEG_INVALID_INPUT, "the file's data cannot be decoded"),
)


#: What dav1d says of a broken stream. Where memory really runs out, ffmpeg says so elsewhere too.
_NO_MEMORY_FOR_A_PACKET = "Error submitting packet to decoder: Cannot allocate memory"


def classify_log(log: str) -> MediaError | None:
    """Return the error that a tail of ffmpeg's log speaks of, or None when it holds no known sign."""
    log = log.replace(_NO_MEMORY_FOR_A_PACKET, "")
    for sign, code, message in _LOG_SIGNS:
        if sign in log:
            return MediaError(code, message)
    return None
