"""What routes ask for."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from api.security import SecuredRoute
from shared.auth.service import Caller
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.errors import Unauthorized


class In(BaseModel):
    """A body: camelCase, and nothing that is not known."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Out(BaseModel):
    """An answer: camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


def noun_router(prefix: str, *, tag: str) -> APIRouter:
    """A router whose routes must each name their access."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=SecuredRoute)


def _session(request: Request) -> AsyncSession:
    return cast("AsyncSession", request.state.session)


def _caller(request: Request) -> Caller:
    caller: Caller | None = request.state.caller
    if caller is None:
        raise Unauthorized
    return caller


def _maybe_caller(request: Request) -> Caller | None:
    return cast("Caller | None", request.state.caller)


def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


def _s3(request: Request) -> S3:
    return cast("S3", request.app.state.s3)


SessionDep = Annotated[AsyncSession, Depends(_session)]
CurrentCaller = Annotated[Caller, Depends(_caller)]
MaybeCaller = Annotated[Caller | None, Depends(_maybe_caller)]
SettingsDep = Annotated[Settings, Depends(_settings)]
DatabaseDep = Annotated[Database, Depends(_database)]
S3Dep = Annotated[S3, Depends(_s3)]
Json = dict[str, Any]
