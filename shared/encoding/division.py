"""From a worker's plan to the parts of a divided encode: what is made, in which order, and that the plan is one."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from shared.encoding.ladder import Plan
from shared.errors import FieldError, InvalidInput
from shared.jobs.tasks import PartKind, Share

MAX_WINDOWS = 20_000
MAX_RENDITIONS = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """One part to be. ``place`` is where it stands among those of its job; ``held``: whoever planned begins it."""

    kind: PartKind
    number: int
    share: Share
    place: int
    held: bool = False


def parse(document: dict[str, Any]) -> Plan:
    """The plan in a report.

    :raises InvalidInput: it does not parse, or its windows do not cover the film.
    """
    try:
        plan = Plan.from_json(document)
        problem = _problem(plan)
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, StopIteration) as error:
        problem = f"cannot be read: {error}"[:200]
    if problem is not None:
        raise InvalidInput(f"The plan {problem}", errors=(FieldError("/plan", "invalid", problem),))
    return plan


def pieces(plan: Plan) -> list[Piece]:
    """What is to be made of a source, most urgent first. The first window's lowest rungs and the sound come before all
    others: viewers wait for them."""
    found = [
        Piece(PartKind.window, window.index, Share(share), window.index)
        for window in plan.windows
        for share in plan.shares(window.index)
    ]
    first = found[0]
    urgent = [Piece(first.kind, first.number, first.share, 0, held=True)]
    if plan.audio:
        urgent.append(Piece(PartKind.audio, 0, Share.all, 0, held=True))
    return [*urgent, *found[1:]]


def _problem(plan: Plan) -> str | None:
    windows = plan.windows
    if not 1 <= len(windows) <= MAX_WINDOWS or not 1 <= len(plan.rungs) + len(plan.audio) <= MAX_RENDITIONS:
        return "has no windows, no renditions, or too many"
    if not plan.rungs or any(rung.width < 1 or rung.height < 1 for rung in plan.rungs):
        return "has no rungs"
    if plan.segment_frames < 1 or plan.frame_rate <= 0 or plan.expected_frames < 1:
        return "has no frames"
    starts = [window.start_frame for window in windows]
    if [window.index for window in windows] != list(range(len(windows))) or starts[0] != 0:
        return "has windows out of order"
    ends = [window.end_frame for window in windows]
    if ends != [*starts[1:], None] or any(before >= after for before, after in pairwise(starts)):
        return "has windows with gaps between them, or none that is open at its end"
    if any(start % plan.segment_frames for start in starts):
        return "has windows that begin within a segment"
    return None
