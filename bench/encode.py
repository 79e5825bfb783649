"""``make bench-encode``: how fast encodes are, as ratios taken in one run. Each part prints what it measured.

``jobs``: whole jobs against the bare ladder on film, a screen recording and grainy film, with VMAF of every rung.
``scaling``: two workers against one. ``first``: the wait for the first segment, for short and long sources.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import first_segment, footage, job, scaling

PARTS = ("jobs", "scaling", "first")


def main() -> int:
    """Measure and print one JSON document; the exit status is 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.encode", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"which of {', '.join(PARTS)} [all]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison [3]")
    parser.add_argument("--file", type=Path, help="your own footage for `jobs`, instead of the three kinds")
    arguments = parser.parse_args()
    wanted = arguments.parts or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="vms-footage-") as scratch:
        files = {} if "jobs" not in wanted else {arguments.file.name: arguments.file} if arguments.file else None
        if files is None:
            files = footage.make(Path(scratch))
        measures: list[tuple[str, Callable[[], dict[str, Any]]]] = [
            (f"job: {name}", lambda path=path: job.measure(path, rounds=arguments.rounds))  # type: ignore[misc]
            for name, path in files.items()
        ]
        if "scaling" in wanted:
            measures.append(("scaling", lambda: scaling.measure(rounds=arguments.rounds)))
        if "first" in wanted:
            measures.append(("first segment", lambda: first_segment.measure(rounds=arguments.rounds)))
        for name, measure in measures:
            results[name] = measure()
            verdict = "PASS" if results[name]["pass"] else "MISSED"
            print(f"{verdict} {name}: {json.dumps(results[name])}", file=sys.stderr, flush=True)
    print(json.dumps(results, indent=2))
    return 0 if all(result["pass"] for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
