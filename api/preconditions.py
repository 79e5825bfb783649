"""Optimistic concurrency (RFC 9110, section 13.1.1): strong entity tags, and writes that want to find what was read."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from shared.errors import PreconditionFailed

TAGGED_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def etag_of_bytes(body: bytes) -> str:
    """The strong tag of a representation."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def etag_of(answer: BaseModel) -> str:
    """The tag that the answer will carry."""
    return etag_of_bytes(answer.model_dump_json(by_alias=True).encode())


def names(header: str, tag: str) -> bool:
    """Whether an ``If-Match`` header names a tag, by strong comparison."""
    return header.strip() == "*" or tag in (part.strip() for part in header.split(","))


def tagged(request: Request, response: Response) -> Response:
    """The answer with the tag of the object in it, or 304 to a caller who has that object already.

    What a POST answers is the object only where it made one (201).
    """
    is_object = response.status_code == (201 if request.method == "POST" else 200)
    if (
        not is_object
        or request.method not in TAGGED_METHODS
        or response.headers.get("content-type") != "application/json"
    ):
        return response
    tag = response.headers.setdefault("ETag", etag_of_bytes(bytes(response.body)))
    # A proxy that compresses makes a tag weak; for reading that is good enough (RFC 9110, section 13.1.2).
    if request.method == "GET" and names(request.headers.get("if-none-match", "").replace("W/", ""), tag):
        return Response(status_code=304, headers={"ETag": tag})
    return response


class _IfMatch:
    """The request's ``If-Match``, if it has one."""

    def __init__(self, header: str | None) -> None:
        self.header = header

    async def check(self, current: Callable[[], Awaitable[BaseModel]]) -> None:
        """Compare with the object as a GET would answer it now. ``current`` locks the object first, so that nobody
        changes it before this transaction ends; it is called only when there is something to compare.

        :raises PreconditionFailed: someone changed the object since it was read.
        """
        if self.header is not None and not names(self.header, etag_of(await current())):
            raise PreconditionFailed("Someone changed this since you read it: read it again, then decide what to send")

    def check_tag(self, current: str | None) -> None:
        """As :meth:`check`, for an object that is no JSON; ``current`` is its tag, None where there is none.

        :raises PreconditionFailed: someone changed the object since it was read.
        """
        if self.header is not None and (current is None or not names(self.header, current)):
            raise PreconditionFailed("Someone changed this since you read it: read it again, then decide what to send")


async def _if_match(
    request: Request,
    _if_match: Annotated[
        str | None, Header(alias="If-Match", description="the ETag of what you read; 412 if it has changed since")
    ] = None,
) -> _IfMatch:
    # The header is a list, and so may come in several lines.
    return _IfMatch(", ".join(request.headers.getlist("if-match")) if _if_match is not None else None)


IfMatch = Annotated[_IfMatch, Depends(_if_match)]
