"""What routes ask for."""

from typing import Annotated, Any, Generic, TypeVar, cast

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.security import SecuredRoute, UnrepeatableRoute
from shared.auth.service import Caller
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.errors import Unauthorized
from shared.schemas import Answer

T = TypeVar("T")


Limit = Annotated[int, Query(ge=1, le=100, description="rows in a page")]
Cursor = Annotated[str | None, Query(max_length=2000, description="nextCursor of the page before")]


class PageOut(Answer, Generic[T]):
    """One page of a list. Name a subclass for each list: its name is the clients'."""

    items: list[T]
    total: int = Field(description="of the whole list, whatever page this is")
    total_is_estimate: bool = Field(description="the list is longer than can be counted in a moment")
    next_cursor: str | None = Field(description="null on the last page")


def noun_router(prefix: str, *, tag: str, repeatable: bool = True) -> APIRouter:
    """A router whose routes must each name their access. ``repeatable``: its writes take an ``Idempotency-Key``."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=SecuredRoute if repeatable else UnrepeatableRoute)


# Coroutines, because FastAPI runs plain functions in a thread each, which costs more than the whole rest of a request.
async def _session(request: Request) -> AsyncSession:
    return cast("AsyncSession", request.state.session)


async def _caller(request: Request) -> Caller:
    caller: Caller | None = request.state.caller
    if caller is None:
        raise Unauthorized
    return caller


async def _maybe_caller(request: Request) -> Caller | None:
    return cast("Caller | None", request.state.caller)


async def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


async def _s3(request: Request) -> S3:
    return cast("S3", request.app.state.s3)


SessionDep = Annotated[AsyncSession, Depends(_session)]
CurrentCaller = Annotated[Caller, Depends(_caller)]
MaybeCaller = Annotated[Caller | None, Depends(_maybe_caller)]
SettingsDep = Annotated[Settings, Depends(_settings)]
DatabaseDep = Annotated[Database, Depends(_database)]
S3Dep = Annotated[S3, Depends(_s3)]
Json = dict[str, Any]
