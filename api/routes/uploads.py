"""tus 1.0.0 (https://tus.io/protocols/resumable-upload): resumable uploads, straight into S3."""

import re
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from api.deps import CurrentCaller, DatabaseDep, S3Dep, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import EDITOR, OPEN, SecuredRoute
from shared.config import Settings
from shared.db.session import commit
from shared.encoding import service as encoding_service
from shared.errors import PreconditionFailed, UnsupportedMedia
from shared.uploads import protocol
from shared.uploads import service as uploads_service
from shared.uploads.errors import BadHeader, BodyInterrupted, UploadNotFound
from shared.uploads.finish import Backends
from shared.uploads.models import Upload, UploadStatus
from shared.uploads.service import Piece

UPLOAD_PATH: Final = "/api/upload/video"
TUS_REQUEST_HEADERS: Final = (
    "Tus-Resumable",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Offset",
    "Upload-Metadata",
    "Upload-Checksum",
    "X-HTTP-Method-Override",
    "X-Requested-With",
)
TUS_EXPOSED_HEADERS: Final = (
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Offset",
    "Upload-Metadata",
    "Upload-Expires",
    "X-Video-Id",
    "X-Job-Id",
)
_OVERRIDE = b"x-http-method-override"
_OVERRIDABLE = {"HEAD", "PATCH", "DELETE", "OPTIONS"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SINGLE = (
    "tus-resumable",
    "upload-offset",
    "upload-length",
    "upload-defer-length",
    "upload-checksum",
    "upload-metadata",
)


class WrongContentType(UnsupportedMedia):
    """A PATCH that does not say it carries bytes of an upload."""

    code, title = "wrong_content_type", f"The Content-Type must be {protocol.CONTENT_TYPE}"


class UnsupportedVersion(PreconditionFailed):
    """``Tus-Resumable`` is missing or names a version we do not speak."""

    code, title = "unsupported_tus_version", "Send Tus-Resumable: 1.0.0"

    def __init__(self) -> None:
        super().__init__(headers={"Tus-Version": protocol.VERSION})


class TusRoute(SecuredRoute):
    """Says ``Tus-Resumable`` in every answer, errors included, and honours ``X-HTTP-Method-Override``."""

    repeatable = False

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match by the method the client means."""
        if scope["type"] == "http" and scope["method"] == "POST":
            for name, value in scope["headers"]:
                method = value.decode("latin-1").strip().upper() if name == _OVERRIDE else ""
                if method in _OVERRIDABLE:
                    match, child = super().matches({**scope, "method": method})
                    return match, {**child, "method": method} if match == Match.FULL else child
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header on the way out."""

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tus-Resumable"] = protocol.VERSION
                headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await super().handle(scope, receive, send_with_version)
        except HTTPException as error:  # 405 is raised, not answered, by the router
            raise HTTPException(
                error.status_code, error.detail, {**(error.headers or {}), "Tus-Resumable": protocol.VERSION}
            ) from None


def _backends(database: DatabaseDep, s3: S3Dep, settings: SettingsDep) -> Backends:
    async def start_encode(session: AsyncSession, actor: str, video_id: UUID) -> UUID:
        job = await encoding_service.request_encode(session, settings, actor, video_id)
        return job.id

    return Backends(database, s3, settings, start_encode)


async def _tus(
    request: Request, session: SessionDep, tus_resumable: Annotated[str | None, Header(description="1.0.0")] = None
) -> None:
    """Give the connection back before any byte is read, and refuse what is not tus 1.0.0."""
    await commit(session)
    if tus_resumable != protocol.VERSION:
        raise UnsupportedVersion
    for name in _SINGLE:
        if len(set(request.headers.getlist(name))) > 1:
            raise BadHeader(f"{name} must be sent once")


BackendsDep = Annotated[Backends, Depends(_backends)]
_TUS = Depends(_tus)
_HEADER_DOCS: Final = {
    "Tus-Resumable": "1.0.0",
    "Tus-Version": "1.0.0",
    "Tus-Extension": "the extensions of tus that are spoken here",
    "Tus-Max-Size": "most bytes an upload may have",
    "Tus-Checksum-Algorithm": "what Upload-Checksum may use",
    "Location": "the upload's address",
    "Upload-Offset": "bytes that are safely stored",
    "Upload-Length": "bytes of the whole file, once known",
    "Upload-Defer-Length": "1 while the length is not known",
    "Upload-Metadata": "as it was given",
    "Upload-Expires": "when an unfinished upload is dropped, unless it goes on",
    "X-Video-Id": "the video whose master the upload became; only when complete",
    "X-Job-Id": "the encoding job; only when complete, and asked for with the metadata key encode",
}


def _documented(*names: str) -> dict[str, Any]:
    return {
        name: {"description": _HEADER_DOCS[name], "schema": {"type": "string"}} for name in ("Tus-Resumable", *names)
    }


_COMPLETED = ("X-Video-Id", "X-Job-Id")
_LENGTH = ("Upload-Length", "Upload-Defer-Length", "Upload-Metadata")
_BODY: Final = {"requestBody": {"content": {protocol.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}
_460: Final[dict[int | str, dict[str, Any]]] = {
    460: {**problem_responses(400)[400], "description": "Checksum Mismatch"}
}
router = noun_router(UPLOAD_PATH, tag="uploads")
router.route_class = TusRoute


@router.options(
    "", status_code=204, dependencies=[OPEN], name="options",
    responses={204: {"headers": _documented("Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm")}},
)  # fmt: skip
@router.options("/{upload_id}", status_code=204, dependencies=[OPEN], include_in_schema=False)
async def options(settings: SettingsDep) -> Response:
    """What this server speaks; open to everyone."""
    return Response(status_code=204, headers=_capabilities(settings))


@router.post(
    "", status_code=201, dependencies=[EDITOR, _TUS], openapi_extra=_BODY,
    responses={
        201: {"headers": _documented("Location", "Upload-Expires", "Upload-Offset", *_COMPLETED)},
        **problem_responses(400, 404, 409, 412, 413, 415),
        **_460,
    },
)  # fmt: skip
async def create(
    request: Request,
    backends: BackendsDep,
    caller: CurrentCaller,
    upload_length: Annotated[str | None, Header(description="bytes of the whole file")] = None,
    upload_defer_length: Annotated[str | None, Header(description="1: the length comes with a later PATCH")] = None,
    upload_metadata: Annotated[
        str | None, Header(description="pairs `key base64`: filename, filetype, title, videoId, encode, and your own")
    ] = None,
    upload_checksum: Annotated[str | None, Header(description="`sha1` or `sha256`, and the body's digest")] = None,
) -> Response:
    """Begin an upload; a body of type `application/offset+octet-stream` is its first bytes."""
    length = protocol.parse_length(upload_length, upload_defer_length)
    raw = upload_metadata
    if _content_type(request) == protocol.CONTENT_TYPE and _size(request) != 0:
        piece = Piece(0, _size(request), protocol.parse_checksum(upload_checksum), _body(request))
        upload = await uploads_service.create_with(backends, caller, piece, length=length, raw_metadata=raw)
    else:
        upload = await uploads_service.create(backends, caller, length=length, raw_metadata=raw)
    location = f"{backends.settings.public_base_url}{UPLOAD_PATH}/{upload.id}"
    return Response(status_code=201, headers={"Location": location, **_state(upload)})


@router.head(
    "/{upload_id}", status_code=200, dependencies=[EDITOR, _TUS],
    responses={
        200: {"headers": _documented("Upload-Offset", "Upload-Expires", *_LENGTH, *_COMPLETED)},
        **problem_responses(404, 410, 412),
    },
)  # fmt: skip
async def look(backends: BackendsDep, caller: CurrentCaller, upload_id: str) -> Response:
    """How far the upload is."""
    upload = await uploads_service.look(backends, caller, _parse_id(upload_id))
    headers = _state(upload)
    if upload.length_bytes is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(upload.length_bytes)
    if upload.upload_metadata:
        headers["Upload-Metadata"] = upload.upload_metadata
    return Response(status_code=200, headers=headers)


@router.patch(
    "/{upload_id}", status_code=204, dependencies=[EDITOR, _TUS], openapi_extra=_BODY,
    responses={
        204: {"headers": _documented("Upload-Offset", "Upload-Expires", *_COMPLETED)},
        **problem_responses(400, 404, 409, 410, 412, 413, 415, 423),
        **_460,
    },
)  # fmt: skip
async def append(
    request: Request,
    backends: BackendsDep,
    caller: CurrentCaller,
    upload_id: str,
    upload_offset: Annotated[str | None, Header(description="where the body's bytes belong")] = None,
    upload_length: Annotated[str | None, Header(description="once, where it was deferred")] = None,
    upload_checksum: Annotated[str | None, Header(description="`sha1` or `sha256`, and the body's digest")] = None,
) -> Response:
    """Add bytes. An interrupted request keeps what had arrived, unless it carries a checksum."""
    if _content_type(request) != protocol.CONTENT_TYPE:
        raise WrongContentType
    offset = protocol.parse_size("Upload-Offset", upload_offset)
    if offset is None:
        raise BadHeader("Upload-Offset is missing")
    piece = Piece(
        offset,
        _size(request),
        protocol.parse_checksum(upload_checksum),
        _body(request),
        protocol.parse_size("Upload-Length", upload_length),
    )
    upload = await uploads_service.append(backends, caller, _parse_id(upload_id), piece)
    return Response(status_code=204, headers=_state(upload))


@router.delete(
    "/{upload_id}", status_code=204, dependencies=[EDITOR, _TUS],
    responses={204: {"headers": _documented()}, **problem_responses(404, 410, 412, 423)},
)  # fmt: skip
async def terminate(backends: BackendsDep, caller: CurrentCaller, upload_id: str) -> Response:
    """Drop the upload and what it stored. A completed one is only forgotten: its video keeps the master."""
    await uploads_service.terminate(backends, caller, _parse_id(upload_id))
    return Response(status_code=204)


def _capabilities(settings: Settings) -> dict[str, str]:
    return {
        "Tus-Version": protocol.VERSION,
        "Tus-Extension": protocol.EXTENSIONS,
        "Tus-Max-Size": str(settings.upload_max_bytes),
        "Tus-Checksum-Algorithm": ",".join(protocol.CHECKSUM_ALGORITHMS),
    }


def _state(upload: Upload) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.offset_bytes)}
    if upload.status == UploadStatus.active:
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    if upload.status == UploadStatus.completed:
        headers |= {"X-Video-Id": str(upload.video_id)} if upload.video_id else {}
        headers |= {"X-Job-Id": str(upload.job_id)} if upload.job_id else {}
    return headers


def _parse_id(upload_id: str) -> UUID:
    if not _UUID.fullmatch(upload_id):
        raise UploadNotFound
    return UUID(upload_id)


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _size(request: Request) -> int | None:
    return protocol.parse_size("Content-Length", request.headers.get("content-length"))


async def _body(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives.

    :raises BodyInterrupted: the client went away.
    """
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise BodyInterrupted
        if chunk := message.get("body", b""):
            yield chunk
        more = message.get("more_body", False)
