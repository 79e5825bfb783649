"""The parts of a divided encode: windows of the source, the sound, and what joins them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.encoding.ladder import Document, Plan
from worker.media.encode import EncodeSettings, OnProgress
from worker.media.results import EncodeResult
from worker.media.shelf import Sink

OnStored = Callable[[int, dict[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PartResult(Document):
    """What one part has made."""

    kind: str


async def encode_window(
    url: str,
    plan: Plan,
    number: int,
    share: str,
    sink: Sink,
    *,
    take: int,
    settings: EncodeSettings,
    on_progress: OnProgress | None = None,
    on_stored: OnStored | None = None,
) -> PartResult:
    raise NotImplementedError


async def encode_audio(
    url: str,
    plan: Plan,
    sink: Sink,
    *,
    take: int,
    settings: EncodeSettings,
    loudness_lufs: float | None = None,
    on_progress: OnProgress | None = None,
    on_stored: OnStored | None = None,
) -> PartResult:
    raise NotImplementedError


async def assemble(
    plan: Plan,
    parts: Sequence[PartResult],
    sink: Sink,
    read: Callable[[str], Awaitable[bytes]],
    *,
    settings: EncodeSettings,
) -> EncodeResult:
    raise NotImplementedError
