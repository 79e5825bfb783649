"""Check a finished generation against its plan: an independent witness of what is really stored.

Every object is read back, if that has not been done while the encode ran, and what it holds is held against the rules
of `worker.media.rules`. What the encoder says about its work is only compared, never relied on.
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from shared.encoding.ladder import AudioRendition, Plan, Rung
from worker.media import fmp4, h264, hls, playlists
from worker.media.evidence import Audio, Evidence, Video
from worker.media.packager import INIT
from worker.media.results import EncodeResult
from worker.media.rules import RULES
from worker.media.witness import Read, Seen, SeenSegment, Witness, is_notable

#: Lists the generation: name → (bytes, ETag or None where the store has no MD5 for it).
Stat = Callable[[], Awaitable[Mapping[str, tuple[int, str | None]]]]
#: A rule, its faults (none: it holds), and what to say when it holds.
_Check = tuple[str, Sequence[str], str]
DOWNLOAD = "download.mp4"
_CUES = "sprites/sprites.vtt"
_MD5 = re.compile(r"[0-9a-f]{32}")
_READS = 8
_TOLD_FAULTS = 5
_Parsed = TypeVar("_Parsed")


async def verify(
    plan: Plan,
    result: EncodeResult,
    read: Read,
    stat: Stat,
    *,
    witnessed: Seen | None = None,
    download: bool = False,
) -> dict[str, Any]:
    """Return ``{"ok": bool, "checks": [{"rule", "ok", "detail"}]}``.

    `witnessed` are the notes of a `Witness` about segments and pictures that need not be read again. With `download`
    the progressive MP4 must be there. If objects are missing or cannot be read, that is all the report says: no other
    check can be made then. `read` and `stat` may raise for their own reasons (network); that is not caught here.
    """
    stored = await stat()
    names = [playlists.MULTIVARIANT, _CUES]
    names += [f"{rung.directory}/{name}" for rung in plan.rungs for name in (INIT, playlists.MEDIA, playlists.I_FRAMES)]
    names += [f"{track.name}/{name}" for track in plan.audio for name in (INIT, playlists.MEDIA)]
    names += [DOWNLOAD] if download else []
    missing = [name for name in {**dict.fromkeys(names), **result.objects} if name not in stored]
    if missing:
        return _report([("objects", [f"{name} is missing" for name in missing], "")])
    small = [name for name in names if name != DOWNLOAD]
    witness = Witness(read, slots=_READS)
    known = (witnessed or Seen()).only(result.objects)
    unseen = [name for name in result.objects if is_notable(name) and name not in known]
    bodies, _ = await asyncio.gather(_read_all(read, small), _look_at_all(witness, unseen))
    notes = known | witness.seen
    checks: list[_Check] = [_objects(result, stored, notes)]
    evidence, faults = _evidence(plan, result, bodies, notes)
    checks.append(("readable", faults, f"{len(small) + len(notes.segments) + len(notes.pictures)} objects"))
    if evidence:
        checks += [(rule, *judge(evidence)) for rule, judge in RULES]
    return _report(checks)


def _report(checks: Sequence[_Check]) -> dict[str, Any]:
    documents = [
        {"rule": rule, "ok": not faults, "detail": "; ".join(faults[:_TOLD_FAULTS]) or detail}
        for rule, faults, detail in checks
    ]
    return {"ok": all(document["ok"] for document in documents), "checks": documents}


async def _read_all(read: Read, names: Sequence[str]) -> dict[str, bytes]:
    slots = asyncio.Semaphore(_READS)

    async def one(name: str) -> bytes:
        async with slots:
            return await read(name)

    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))


async def _look_at_all(witness: Witness, names: Sequence[str]) -> None:
    await asyncio.gather(*map(witness.look, names))


def _objects(result: EncodeResult, stored: Mapping[str, tuple[int, str | None]], notes: Seen) -> _Check:
    """Nothing more and nothing less is stored than was sent, by size, by ETag and by what was read back."""
    faults = [f"{name} was not written by this encode" for name in stored if name not in result.objects]
    read_back: dict[str, Any] = {**notes.segments, **notes.pictures}
    for name, sent in result.objects.items():
        size, etag = stored[name]
        tag = (etag or "").strip('"').lower()
        found = read_back.get(name)
        if size != sent.size:
            faults.append(f"{name} has {size} bytes, {sent.size} were sent")
        elif _MD5.fullmatch(tag) and tag != sent.md5:
            faults.append(f"{name} has another MD5 than was sent")
        elif found is not None and (found.size, found.md5) != (sent.size, sent.md5):
            faults.append(f"{name} was read back with other bytes than were sent")
    return "objects", faults, f"{len(result.objects)} objects, {result.bytes_total} bytes, as sent"


class _Reading:
    """Parses what was read back, and collects what cannot be parsed."""

    def __init__(self, frame_rate: Fraction, bodies: Mapping[str, bytes], notes: Seen) -> None:
        self._rate = frame_rate
        self._bodies = bodies
        self._notes = notes
        self.faults = [f"{name} {segment.fault}" for name, segment in notes.segments.items() if segment.fault]
        self.faults += [f"{name} is no whole JPEG" for name, picture in notes.pictures.items() if not picture.width]

    def parse(self, name: str, parser: Callable[[bytes], _Parsed]) -> _Parsed | None:
        try:
            return parser(self._bodies[name])
        except (ValueError, LookupError, struct.error) as error:
            self.faults.append(f"{name} cannot be parsed: {error}")
            return None

    def segments(self, directory: str, playlist: hls.Media | None) -> tuple[SeenSegment, ...]:
        """Return what is stored under the names of a playlist, in its order."""
        names = [f"{directory}/{entry.uri}" for entry in playlist.entries] if playlist else []
        if not names:
            self.faults.append(f"{directory} names no segments")
        self.faults += [f"{name} is named and not stored" for name in names if name not in self._notes.segments]
        return tuple(self._notes.segments[name] for name in names if name in self._notes.segments)

    def video(self, rung: Rung) -> Video | None:
        playlist = self.parse(f"{rung.directory}/{playlists.MEDIA}", hls.parse_media)
        i_frames = self.parse(f"{rung.directory}/{playlists.I_FRAMES}", hls.parse_media)
        config = self.parse(f"{rung.directory}/{INIT}", fmp4.parse_init)
        pictures = self.parse(f"{rung.directory}/{INIT}", h264.parse_init)
        edited = self.parse(f"{rung.directory}/{INIT}", fmp4.has_edit_list)
        segments = self.segments(rung.directory, playlist)
        if not (playlist and i_frames and config and pictures):
            return None
        return Video(playlist, segments, bool(edited), rung, self._rate, i_frames, config, pictures)

    def audio(self, track: AudioRendition) -> Audio | None:
        playlist = self.parse(f"{track.name}/{playlists.MEDIA}", hls.parse_media)
        config = self.parse(f"{track.name}/{INIT}", fmp4.parse_audio_init)
        edited = self.parse(f"{track.name}/{INIT}", fmp4.has_edit_list)
        segments = self.segments(track.name, playlist)
        return Audio(playlist, segments, bool(edited), track, config) if playlist and config else None


def _evidence(
    plan: Plan, result: EncodeResult, bodies: Mapping[str, bytes], notes: Seen
) -> tuple[Evidence | None, list[str]]:
    """Parse everything; no evidence where something cannot be parsed, but what is wrong."""
    reading = _Reading(plan.frame_rate, bodies, notes)
    multivariant = reading.parse(playlists.MULTIVARIANT, hls.parse_multivariant)
    cues = reading.parse(_CUES, bytes.decode)
    videos = tuple(video for rung in plan.rungs if (video := reading.video(rung)))
    audios = tuple(audio for track in plan.audio if (audio := reading.audio(track)))
    if reading.faults or multivariant is None or cues is None:
        return None, reading.faults
    return Evidence(plan, result, multivariant, videos, audios, cues, notes), []
