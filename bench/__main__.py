"""``python -m bench``: every benchmark of the main job, one JSON document; see ``bench.job`` and ``bench.upload``."""

import argparse
import json
from pathlib import Path

from bench import job, upload


def main() -> None:
    """Run them one after the other, so that they do not slow each other down."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--file", type=Path, help="the source to encode [half a minute of Big Buck Bunny]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison [3]")
    parser.add_argument("--mib", type=int, default=1024, help="size of the upload in MiB [1024]")
    arguments = parser.parse_args()
    results = {
        "encode": job.measure(file=arguments.file, rounds=arguments.rounds),
        "upload": upload.measure(mib=arguments.mib, rounds=arguments.rounds),
    }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
