"""How far a divided encode is: a pure function of its plan and its parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.encoding.ladder import Plan
from shared.encoding.models import PartStatus
from shared.encoding.part_rows import Done
from shared.jobs.tasks import PartKind


@dataclass(frozen=True, slots=True)
class Overall:
    """``percent`` of all frames of all rungs; ``speed`` in seconds of video a second, of all workers together."""

    percent: float
    speed: float | None
    eta_seconds: float | None


def measure(document: dict[str, Any], parts: Iterable[Done]) -> Overall:
    """``document`` is the plan's JSON. A frame counts as much as the pixels that are made of it; sound counts for
    nothing, since it is done long before the picture."""
    # Of the windows only two numbers are needed, and there may be hundreds of them.
    plan = Plan.from_json({**document, "windows": []})
    pixels = {share: sum(rung.width * rung.height for rung in plan.rungs_of(share)) for share in ("all", "low", "high")}
    last = plan.expected_frames
    frames = {
        window["index"]: max(1, (last if window["endFrame"] is None else window["endFrame"]) - window["startFrame"])
        for window in document["windows"]
    }
    total = sum(frames.values())
    done = speed = 0.0
    for part in parts:
        if part.kind is not PartKind.window:
            continue
        weight = pixels[part.share] / pixels["all"]
        ready = 100.0 if part.status is PartStatus.done else part.progress
        done += ready / 100 * weight * frames[part.number]
        if part.status is PartStatus.running:
            speed += (part.speed or 0) * weight
    rest = (total - done) / float(plan.frame_rate)
    return Overall(100 * done / total, round(speed, 3) or None, round(rest / speed, 1) if speed else None)
