"""What Vimeo tells, as values, and what can go wrong, one error for each meaning.

AppError
├── VimeoNotConnected    409  no token is set
├── VimeoRefused         409  the token, its scopes or the plan; ``reason`` says which
├── VimeoNotFound        404  the video is gone, or another account's
├── VimeoQuotaExhausted  429  our own limit of a day; goes on at ``until``
├── VimeoBackingOff      429  the pause after refusals and failures; goes on at ``until``
└── VimeoUnavailable     503  no answer, 5xx, or none that makes sense: transient
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from shared.clock import utc_now
from shared.errors import Conflict, NotFound, TooManyRequests, Unavailable


class Refusal(StrEnum):
    """What has to change before Vimeo answers."""

    credentials = "credentials"
    scope = "scope"
    request = "request"


class VimeoNotConnected(Conflict):
    """No token is set."""

    code, title = "not_connected", "Vimeo is not connected"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or "No Vimeo account is connected: set VIMEO_ACCESS_TOKEN and restart.")


class VimeoRefused(Conflict):
    """Vimeo understood and does not allow it. Asking again changes nothing; ``reason`` says what would."""

    code, title = "vimeo_refused", "Vimeo does not allow this"

    def __init__(self, detail: str, *, reason: Refusal) -> None:
        super().__init__(detail)
        self.reason = reason


class VimeoNotFound(NotFound):
    """The video is gone at Vimeo, or belongs to an account that this token does not open."""

    code, title = "vimeo_not_found", "Vimeo does not have this"


class VimeoUnavailable(Unavailable):
    """Vimeo did not answer, or not in a way that makes sense. It may later."""

    code, title = "vimeo_unavailable", "Vimeo does not answer"


class _Later(TooManyRequests):
    def __init__(self, detail: str, *, until: datetime) -> None:
        wait = math.ceil((until - utc_now()).total_seconds())
        super().__init__(detail, retry_after_seconds=max(1, wait))
        self.until = until


class VimeoQuotaExhausted(_Later):
    """VIMEO_DAILY_QUOTA is used up until ``until``."""

    code, title = "vimeo_quota_exhausted", "Today's requests to Vimeo are used up"


class VimeoBackingOff(_Later):
    """Vimeo refused or failed, and is left in peace until ``until``."""

    code, title = "vimeo_backing_off", "Vimeo asked for a pause"


VimeoError = (
    VimeoNotConnected,
    VimeoRefused,
    VimeoNotFound,
    VimeoUnavailable,
    VimeoQuotaExhausted,
    VimeoBackingOff,
)
"""Everything that a call can raise, for ``except``."""


@dataclass(frozen=True, slots=True)
class Download:
    """One file of a video. ``link`` works for hours and answers 302 to another host; never send the token there."""

    link: str
    quality: str
    rendition: str | None
    size_bytes: int | None
    md5: str | None
    expires: datetime | None
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class VimeoVideo:
    """A video as Vimeo tells of it. None is unknown: hidden, not asked for, or of a kind that makes no sense.

    ``duration_seconds`` is whole seconds, 0 for live; ``privacy`` is ``privacy.view`` (anybody, unlisted, nobody …);
    ``pictures`` are links of the poster by size, the largest last, which is ``poster_url`` too.
    """

    id: str
    name: str
    description: str | None
    duration_seconds: int
    width: int | None
    height: int | None
    link: str
    embed_url: str
    privacy: str
    tags: tuple[str, ...]
    folder: str | None
    poster_url: str | None
    created_at: datetime | None
    modified_at: datetime | None
    plays: int | None
    has_audio: bool | None
    playable: bool
    pictures: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    hash: str | None = None

    @property
    def source(self) -> Download | None:
        """The file that was uploaded; where Vimeo does not give it, the largest it gives."""
        files = [file for file in self.downloads if file.quality != "hls"]
        originals = [file for file in files if file.quality == "source"]
        return max(originals or files, key=lambda file: file.size_bytes or 0, default=None)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is. ``plan`` is Vimeo's word (free, standard, pro …), None where it says nothing."""

    id: str
    name: str
    link: str | None
    plan: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the library. ``next`` is what :meth:`VimeoClient.page` takes for the one after it, None at the end.

    ``problems`` are items that are no video as far as can be told, one sentence each.
    """

    total: int
    items: tuple[VimeoVideo, ...]
    next: str | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoDay:
    """What Vimeo counted for one video on one day. None is unknown, not zero."""

    day: date
    views: int | None
    unique_viewers: int | None
    watched_seconds: float | None
    finishes: int | None
    impressions: int | None
    downloads: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer says about asking again. ``status`` is 0 where none came; ``retry_at`` is Retry-After, and
    ``remaining`` and ``resets_at`` are X-RateLimit-Remaining and -Reset, None where they are missing or no sense."""

    status: int
    retry_at: datetime | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


class Gate(Protocol):
    """Who may ask when: one gate for all processes (``shared.vimeo.quota.QuotaGate``)."""

    async def admit(self) -> None:
        """Return when the next request may go.

        :raises VimeoQuotaExhausted: not today.
        :raises VimeoBackingOff: not soon.
        """

    async def note(self, answer: Answered) -> None:
        """Take in what came of it."""
