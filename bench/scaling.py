"""How much faster two workers are than one, each limited to one CPU, on one film of a minute."""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.footage import film_of
from bench.stack import seconds_of, stack

GOAL = 1.8
SECONDS = 60


def measure(*, rounds: int = 3) -> dict[str, Any]:
    """Encode the film with one worker and with two, in turn; both stacks are started afresh in every round."""
    one: list[float] = []
    two: list[float] = []
    windows = 0
    with tempfile.TemporaryDirectory(prefix="vms-bench-") as scratch:
        source = film_of(Path(scratch) / "film.mp4", seconds=SECONDS)
        for round_number in range(rounds):
            for workers, seconds in ((1, one), (2, two)):
                with stack(
                    Path(scratch) / f"{workers}-{round_number}", workers=workers, ENCODING_THREADS="1"
                ) as running:
                    job = running.encode(running.upload(source)["x-video-id"])
                    seconds.append(seconds_of(job))
                    windows = (job["windows"] or {}).get("total", 1)
    speedups = [alone / together for alone, together in zip(one, two, strict=True)]
    speedup = round(statistics.median(speedups), 3)
    return {
        "speedup": speedup,
        "goal": GOAL,
        "pass": speedup >= GOAL,
        "speedups": [round(value, 3) for value in speedups],
        "oneWorkerSeconds": [round(value, 2) for value in one],
        "twoWorkersSeconds": [round(value, 2) for value in two],
        "windowsOfTwo": windows,
    }
