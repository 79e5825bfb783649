"""``python -m bench``: a job and an upload, one JSON document. ``bench.encode`` measures encodes more closely."""

import argparse
import json
from pathlib import Path

from bench import footage, job, upload


def main() -> None:
    """Run them one after the other, so that they do not slow each other down."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--file", type=Path, help="the source to encode [half a minute of Big Buck Bunny]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison [3]")
    parser.add_argument("--mib", type=int, default=1024, help="size of the upload in MiB [1024]")
    arguments = parser.parse_args()
    results = {
        "encode": job.measure(arguments.file or footage.FILM, rounds=arguments.rounds),
        "upload": upload.measure(mib=arguments.mib, rounds=arguments.rounds),
    }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
