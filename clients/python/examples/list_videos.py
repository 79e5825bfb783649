"""Print every video, or those with some tags, as CSV.

Needs the package beside it: ``pip install ./clients/python``.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from http import HTTPStatus

import httpx
from vms_client import AuthenticatedClient
from vms_client.api.videos import videos_list
from vms_client.errors import UnexpectedStatus
from vms_client.models import Problem, VideoOut, VideoPage, VideoStatus
from vms_client.types import UNSET

COLUMNS = ("id", "title", "status", "duration_seconds", "hosted_at")
DEFAULT_URL = "http://127.0.0.1:8000"
EPILOG = f"""\
environment:
  VMS_URL      where the API is [{DEFAULT_URL}]
  VMS_API_KEY  a key of any role: vms keys create --role viewer --name "my script"

columns:
  {", ".join(COLUMNS)}
  duration_seconds is empty until the length is known. hosted_at names the platforms where the video is ready, separated
  by spaces; it is empty when the video can be watched nowhere.

examples:
  %(prog)s > library.csv
  %(prog)s --tag algebra --tag "year 9"
  %(prog)s --archived | head

exit codes:
  0  everything was printed
  1  the API refused, failed, or was not reached; stderr says why
  2  the command or its environment is wrong
"""


class Failed(Exception):
    """The list cannot be had; the message is for people."""


def all_videos(
    client: AuthenticatedClient, status: VideoStatus, tags: list[str], words: str, page_size: int
) -> Iterator[VideoOut]:
    """Every video that has all the tags and the words, newest first, one page after another.

    :raises Failed: the API answered with a problem, or not like this API.
    """
    cursor: str | None = None
    while True:
        try:
            answer = videos_list.sync_detailed(
                client=client,
                status=[status],
                tag=tags,
                q=words,
                limit=page_size,
                cursor=cursor or UNSET,
            )
        except httpx.HTTPError as error:
            raise Failed(f"the API was not reached: {error or type(error).__name__}") from error
        except (UnexpectedStatus, ValueError, KeyError, TypeError) as error:
            raise Failed("this does not answer like the API; is VMS_URL right?") from error
        page = answer.parsed
        if isinstance(page, Problem) and answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise Failed("the API does not know this key; is VMS_API_KEY whole, and the key not revoked?")
        if isinstance(page, Problem):
            raise Failed(f"the API refused: {page.detail} (request {page.request_id})")
        if not isinstance(page, VideoPage):
            raise Failed(f"the API answered {answer.status_code.value} and no list")
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def row(video: VideoOut) -> tuple[str, ...]:
    """The values of ``COLUMNS``."""
    duration = "" if video.duration_seconds is None else f"{video.duration_seconds:.3f}"
    hosted_at = " ".join(sorted(str(place.platform) for place in video.platforms if str(place.status) == "ready"))
    return str(video.id), video.title, str(video.status), duration, hosted_at


def is_web_address(text: str) -> bool:
    """Whether requests can be sent there."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in {"http", "https"} and bool(url.host)


def main() -> int:
    """Parse, print, and answer the exit code."""
    parser = argparse.ArgumentParser(
        description="Print every video, or those with some tags, as CSV. Newest first.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--tag", action="append", default=[], help="only videos with this tag; repeated: with all of them"
    )
    parser.add_argument(
        "--search", default="", metavar="WORDS", help="only videos with these words, as the library searches"
    )
    parser.add_argument("--archived", action="store_true", help="the archived videos instead of the library")
    parser.add_argument("--page-size", type=int, default=100, metavar="N", help="videos in one request, 1 to 100 [100]")
    arguments = parser.parse_args()
    if not 1 <= arguments.page_size <= 100:
        parser.error("--page-size must be from 1 to 100")
    key = os.environ.get("VMS_API_KEY", "").strip()
    if not key:
        parser.error('VMS_API_KEY is not set; make a key: vms keys create --role viewer --name "my script"')
    if not (key.isascii() and key.isprintable()):
        parser.error("VMS_API_KEY has characters that no key has")
    url = os.environ.get("VMS_URL") or DEFAULT_URL
    if not is_web_address(url):
        parser.error(f"VMS_URL is not the address of a server, like {DEFAULT_URL}: {url}")

    status = VideoStatus.ARCHIVED if arguments.archived else VideoStatus.ACTIVE
    client = AuthenticatedClient(base_url=url, token=key, timeout=httpx.Timeout(30), raise_on_unexpected_status=True)
    lines = csv.writer(sys.stdout, lineterminator="\n")
    try:
        with client:
            lines.writerow(COLUMNS)
            for video in all_videos(client, status, arguments.tag, arguments.search, arguments.page_size):
                lines.writerow(row(video))
        sys.stdout.flush()
    except Failed as failure:
        print(f"{parser.prog}: {url}: {failure}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader has seen enough. Python would flush once more at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
