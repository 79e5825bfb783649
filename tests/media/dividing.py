"""Encode a clip in parts, the way several workers would, and join them."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.encoding.ladder import Plan, plan_ladder
from tests.media import numbered, playback
from tests.media.making import Encoded
from worker.media.encode import EncodeSettings
from worker.media.parts import PartResult, assemble, encode_audio, encode_window
from worker.media.probe import probe
from worker.media.verify import verify

SETTINGS = EncodeSettings(threads=2)


@dataclass
class Divided(Encoded):
    """A divided encode; `told` has what every part said about its progress, by (kind, number, share)."""

    parts: list[PartResult] = field(default_factory=list)
    told: dict[tuple[str, int, str], list[tuple[int, dict[str, str]]]] = field(default_factory=dict)

    async def sink(self, name, body, content_type, kind):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, body)
        self.stored.append((name, body, content_type, kind))

    async def make(self, url: str, kind: str, number: int = 0, share: str = "all", *, take: int = 1) -> PartResult:
        """Encode one part; what it returns goes through JSON, as between machines."""
        told = self.told.setdefault((kind, number, share), [])

        async def on_stored(count, codecs):
            told.append((count, codecs))

        if kind == "window":
            made = await encode_window(
                url, self.plan, number, share, self.sink, take=take, settings=SETTINGS, on_stored=on_stored
            )
        else:
            made = await encode_audio(url, self.plan, self.sink, take=take, settings=SETTINGS, on_stored=on_stored)
        return PartResult.from_json(json.loads(json.dumps(made.to_json())))

    async def join(self) -> None:
        """Assemble the parts, delete what no playlist names, verify."""
        self.result = await assemble(self.plan, self.parts, self.sink, self.read, settings=SETTINGS)
        for path in list(self.directory.rglob("*")):
            if path.is_file() and str(path.relative_to(self.directory)) not in self.result.objects:
                path.unlink()
        self.report = await verify(self.plan, self.result, self.read, self.stat)

    def numbers(self, rendition: str) -> list[int | None]:
        """The numbers burnt into the frames of one rendition, as decoded."""
        return [number for _, number in numbered.shown(playback.open_rendition(self.directory / rendition))]


def part_keys(plan: Plan) -> list[tuple[str, int, str]]:
    """Every part of a plan but the finish."""
    windows = [("window", window.index, share) for window in plan.windows for share in plan.shares(window.index)]
    return windows + ([("audio", 0, "all")] if plan.audio else [])


async def divide(
    url: str | Path,
    directory: Path,
    *,
    order: Callable[[list[tuple[str, int, str]]], Sequence[tuple[str, int, str]]] = list,
    takes: dict[tuple[str, int, str], int] | None = None,
    change: Callable[[Plan], Plan] = lambda plan: plan,
    **plan,
) -> Divided:
    """Probe, plan windows of one segment each, encode all parts one after the other in `order`, join and verify."""
    facts = await probe(str(url))
    planned = change(plan_ladder(facts, **{"window_seconds": 6, **plan}))
    divided = Divided(facts, planned, directory)
    for key in order(part_keys(planned)):
        divided.parts.append(await divided.make(str(url), *key, take=(takes or {}).get(key, 1)))
    await divided.join()
    return divided
