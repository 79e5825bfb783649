"""What may move where: videos between hosts, moves from step to step, batches. Pure but for setting the status.

Seed 004, step 20: vimeo_only → migrating → hetzner_primary → hetzner_only, and back to vimeo_only from the two in the
middle. Whatever is not in these tables is refused.
"""

from shared.hosting.errors import BatchFinished, HostingConflict, TakeSuperseded
from shared.hosting.models import BatchStatus, HostingBatch, HostingMove, MoveStatus
from shared.videos.models import MigrationStatus

VIDEO_MOVES: dict[MigrationStatus, frozenset[MigrationStatus]] = {
    MigrationStatus.vimeo_only: frozenset({MigrationStatus.migrating}),
    MigrationStatus.migrating: frozenset({MigrationStatus.hetzner_primary, MigrationStatus.vimeo_only}),
    MigrationStatus.hetzner_primary: frozenset({MigrationStatus.hetzner_only, MigrationStatus.vimeo_only}),
    MigrationStatus.hetzner_only: frozenset(),
}

IN_MOTION = (MoveStatus.resolving, MoveStatus.fetching, MoveStatus.encoding, MoveStatus.comparing)
ACTIVE = (MoveStatus.queued, *IN_MOTION)
_ENDS = frozenset({MoveStatus.failed, MoveStatus.cancelled})
MOVES: dict[MoveStatus, frozenset[MoveStatus]] = {
    MoveStatus.queued: _ENDS | {MoveStatus.resolving},
    # Back to the queue while Vimeo has to be waited for; past the download where its result was kept.
    MoveStatus.resolving: _ENDS | {MoveStatus.queued, MoveStatus.fetching, MoveStatus.encoding, MoveStatus.comparing},
    MoveStatus.fetching: _ENDS | {MoveStatus.resolving, MoveStatus.encoding},
    MoveStatus.encoding: _ENDS | {MoveStatus.comparing},
    MoveStatus.comparing: _ENDS | {MoveStatus.completed},
    MoveStatus.completed: frozenset(),
    MoveStatus.failed: frozenset(),
    MoveStatus.cancelled: frozenset(),
    MoveStatus.skipped: frozenset(),
}
BATCH_MOVES: dict[BatchStatus, frozenset[BatchStatus]] = {
    BatchStatus.running: frozenset({BatchStatus.paused, BatchStatus.cancelled, BatchStatus.completed}),
    BatchStatus.paused: frozenset({BatchStatus.running, BatchStatus.cancelled, BatchStatus.completed}),
    BatchStatus.cancelled: frozenset(),
    BatchStatus.completed: frozenset(),
}

#: Where each step begins and how many of the hundred it has. Encoding takes the most.
_SPANS: dict[MoveStatus, tuple[float, float]] = {
    MoveStatus.resolving: (0, 1),
    MoveStatus.fetching: (1, 29),
    MoveStatus.encoding: (30, 60),
    MoveStatus.comparing: (90, 9),
}
_TOLERANCE_SECONDS = 1.0


def check_video(current: MigrationStatus | None, target: MigrationStatus, *, why: str) -> None:
    """:raises HostingConflict: from where the video is hosted, there is no way there."""
    if current is None or target not in VIDEO_MOVES[MigrationStatus(current)]:
        raise HostingConflict(f"The video is {words_for(current)}; {why}")


def words_for(status: MigrationStatus | None) -> str:
    """Where a video is hosted, in words."""
    return "neither at Vimeo nor hosted here" if status is None else MigrationStatus(status).value


def move_to(move: HostingMove, status: MoveStatus) -> None:
    """Change a move's status.

    :raises TakeSuperseded: from where it is, there is no way there.
    """
    current = MoveStatus(move.status)
    if status is current:
        return
    if status not in MOVES[current]:
        raise TakeSuperseded(f"A migration that is {current.value} cannot become {status.value}")
    move.status = status


def batch_to(batch: HostingBatch, status: BatchStatus) -> None:
    """Change a batch's status.

    :raises BatchFinished: it has ended.
    """
    current = BatchStatus(batch.status)
    if status is current:
        return
    if status not in BATCH_MOVES[current]:
        raise BatchFinished(f"The batch is {current.value}: begin a new one")
    batch.status = status


def progressed(move: HostingMove, share: float) -> None:
    """``share`` (0..1) of the move's current step is done. Progress never goes back, whatever is repeated."""
    first, span = _SPANS.get(MoveStatus(move.status), (0.0, 0.0))
    move.progress = max(move.progress, first + span * min(1.0, max(0.0, share)))


def agrees_in_length(here_seconds: float | None, there_seconds: float | None) -> bool:
    """Whether two lengths are the same. Vimeo knows whole seconds only, so one second is no difference."""
    if there_seconds is None:
        return True
    return here_seconds is not None and abs(here_seconds - there_seconds) <= _TOLERANCE_SECONDS
