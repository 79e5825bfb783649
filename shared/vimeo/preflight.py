"""Whether a migration would work: who the token is, what it may do, and whether a video's original can be had.

It asks five or six times, and the link of one file, whose bytes it leaves where they are.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx

from shared.clients.vimeo import (
    Account,
    Download,
    Page,
    VimeoBackingOff,
    VimeoClient,
    VimeoNotFound,
    VimeoQuotaExhausted,
    VimeoRefused,
    VimeoUnavailable,
    VimeoVideo,
)
from shared.clock import utc_now

T = TypeVar("T")
NEEDED: Final = ("public", "private", "video_files")
_PLANS: Final = "Standard, Advanced, Pro, Business, Premium or Enterprise"
_LINK_TIMEOUT = httpx.Timeout(20, connect=10)


class State(StrEnum):
    """What came of a check. ``warning``: it works with less; ``skipped``: what it needs failed before."""

    ok = "ok"
    warning = "warning"
    failed = "failed"
    skipped = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried; ``detail`` says what was found and what to do."""

    name: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """All checks in the order they were made. ``videos`` is the size of the library, None if it could not be read."""

    checks: tuple[Check, ...]
    account: Account | None
    videos: int | None

    @property
    def ready(self) -> bool:
        """Whether videos could be imported and migrated."""
        return all(check.state in {State.ok, State.warning} for check in self.checks)


async def _tried(call: Awaitable[T]) -> T | str:
    """The value, or the sentence that says why there is none."""
    try:
        return await call
    except (VimeoRefused, VimeoNotFound, VimeoUnavailable, VimeoBackingOff, VimeoQuotaExhausted) as error:
        return error.detail


async def preflight(client: VimeoClient, http: httpx.AsyncClient) -> Preflight:
    """Try what a migration needs, as far as it goes. Nothing is changed anywhere."""
    account = await _tried(client.me())
    if isinstance(account, str):
        rest = [Check(name, State.skipped, "The token comes first.") for name in ("scopes", "library", "download")]
        return Preflight((Check("token", State.failed, account), *rest), None, None)
    plan = f"plan {account.plan}" if account.plan else "Vimeo does not say which plan"
    checks = [Check("token", State.ok, f"The token is {account.name}'s ({plan}).")]
    scopes = await _tried(client.scopes())
    checks.append(_scopes(None if isinstance(scopes, str) else scopes))
    page = await _tried(client.page(None))
    checks.append(_library(page))
    videos = None if isinstance(page, str) else page.total
    sample = None if isinstance(page, str) else _sample(page.items)
    checks.append(await _download(client, http, account, sample, scopes))
    if sample is not None:
        checks.append(await _analytics(client, sample))
    return Preflight(tuple(checks), account, videos)


def _scopes(scopes: frozenset[str] | None) -> Check:
    if scopes is None:
        return Check("scopes", State.warning, "Vimeo does not say which scopes the token has; what follows shows it.")
    missing = [scope for scope in NEEDED if scope not in scopes]
    if missing:
        names = " and ".join(missing)
        return Check("scopes", State.failed, f"The token lacks {names}: make a new one with {', '.join(NEEDED)}.")
    return Check("scopes", State.ok, f"The token has {', '.join(NEEDED)}{' and stats' if 'stats' in scopes else ''}.")


def _library(page: Page | str) -> Check:
    if isinstance(page, str):
        return Check("library", State.failed, page)
    if page.total == 0:
        text = "The library is empty for this token. If it should not be, the token is another account's."
        return Check("library", State.warning, text)
    return Check("library", State.ok, f"The library has {page.total} video{'s' * (page.total != 1)}.")


def _sample(videos: tuple[VimeoVideo, ...]) -> VimeoVideo | None:
    """A video to try it on: one that is ready and not live, if there is one."""
    return next((video for video in videos if video.playable and video.duration_seconds), next(iter(videos), None))


async def _download(
    client: VimeoClient,
    http: httpx.AsyncClient,
    account: Account,
    sample: VimeoVideo | None,
    scopes: frozenset[str] | str | None,
) -> Check:
    if sample is None:
        return Check("download", State.skipped, "There is no video to try it on: upload one at Vimeo and check again.")
    video = await _tried(client.video(sample.id, downloads=True))
    if isinstance(video, str):
        return Check("download", State.failed, video)
    source = video.source
    if source is None:
        return Check("download", State.failed, _why_no_files(account, sample, scopes))
    trouble = await _link_trouble(http, source)
    if trouble:
        return Check("download", State.failed, f"Vimeo gives a link to video {sample.id}, but {trouble}")
    size = f"{source.size_bytes / 1e6:.1f} MB" if source.size_bytes else "of a size it does not say"
    if source.quality != "source":
        text = f"Vimeo gives no original of video {sample.id}; {source.quality or 'the largest'} ({size}) is taken."
        return Check("download", State.warning, f"{text} It has been encoded once already.")
    proof = "its MD5 is known" if source.md5 else "Vimeo names no MD5, so size and pictures alone prove it"
    return Check("download", State.ok, f"The original of video {sample.id} ({size}) can be downloaded; {proof}.")


def _why_no_files(account: Account, sample: VimeoVideo, scopes: frozenset[str] | str | None) -> str:
    start = f"Vimeo offers no file of video {sample.id}: "
    if isinstance(scopes, frozenset) and "video_files" not in scopes:
        return start + "the token lacks video_files. Make a new one with it."
    plan = f"the plan ({account.plan}) " if account.plan else "the plan "
    remedy = "or the original is gone at Vimeo (look at the video's Download button there)."
    return f"{start}{plan}may not include them. They need {_PLANS} and the scope video_files, {remedy}"


async def _link_trouble(http: httpx.AsyncClient, source: Download) -> str | None:
    """What is wrong with a file's link. The token is not sent along."""
    try:
        request = http.build_request("GET", source.link, headers={"Range": "bytes=0-0"}, timeout=_LINK_TIMEOUT)
        answer = await http.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{urlsplit(source.link).hostname} does not answer ({type(error).__name__}). Check the firewall."
    if answer.status_code in {200, 206} or answer.is_redirect:
        return None
    return f"the link answers {answer.status_code}. Check again; if it stays, ask Vimeo's support."


async def _analytics(client: VimeoClient, sample: VimeoVideo) -> Check:
    yesterday = utc_now().date() - timedelta(days=1)
    found = await _tried(client.analytics(sample.id, yesterday, yesterday))
    if isinstance(found, str):
        return Check("analytics", State.warning, found)
    if found is None:
        text = "The token or the plan offers no daily numbers; they are made of the differences between total plays."
        return Check("analytics", State.warning, text)
    return Check("analytics", State.ok, "Daily numbers are offered.")
