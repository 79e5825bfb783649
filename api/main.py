"""The HTTP process: the application and what lives as long as it does."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from redis.asyncio import Redis
from starlette.middleware.cors import CORSMiddleware

from api import openapi, problems
from api.beacon import BeaconPath
from api.files import LARGER_BODIES
from api.job_events import JobEvents
from api.middleware import BodyLimit, RequestContext
from api.routes import ROUTERS
from api.routes.uploads import TUS_EXPOSED_HEADERS, TUS_REQUEST_HEADERS, UPLOAD_PATH
from shared.auth import service as auth_service
from shared.clients.s3 import S3
from shared.config import Settings, get_settings
from shared.db.session import Database
from shared.errors import AppError
from shared.log import get_logger

log = get_logger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pools; create the first admin of the settings; close everything at the end."""
    settings: Settings = app.state.settings
    async with AsyncExitStack() as stack:
        app.state.database = Database(settings)
        stack.push_async_callback(app.state.database.dispose)
        app.state.job_events = await stack.enter_async_context(JobEvents(app.state.database))
        app.state.s3 = await stack.enter_async_context(S3(settings, max_connections=64))
        try:
            await app.state.s3.ensure_buckets()
        except AppError as error:
            log.warning("storage.not_ready", detail=error.detail)
        app.state.redis = Redis.from_url(
            settings.redis_url.get_secret_value(), socket_connect_timeout=3, socket_timeout=5
        )
        stack.push_async_callback(app.state.redis.aclose)
        if settings.vms_admin_email and settings.vms_admin_password:
            async with app.state.database.session() as session:
                if await auth_service.ensure_first_admin(
                    session,
                    email=settings.vms_admin_email,
                    password=settings.vms_admin_password.get_secret_value(),
                ):
                    log.info("auth.first_admin_created", email=settings.vms_admin_email)
        # What was built until here stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        yield


def operation_id(route: APIRoute) -> str:
    """``videos-list``: the router's tag and the endpoint's name."""
    tag = str(route.tags[0]) if route.tags else "web"
    return f"{tag}-{route.name.replace('_', '-')}"


def _require(settings: Settings) -> None:
    if settings.database_url is None:
        raise RuntimeError("DATABASE_URL is not set: the API cannot run without PostgreSQL")
    _ = settings.playback_key


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. Without ``settings`` they come from the environment.

    :raises RuntimeError: a setting that only the API needs is missing.
    """
    settings = settings or get_settings()
    _require(settings)
    app = FastAPI(
        title="Video Management System",
        version="0.1.0",
        openapi_url="/api/openapi.json",
        docs_url="/api/docs",
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.routers = ROUTERS
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(BodyLimit, exempt_prefix=UPLOAD_PATH, larger=LARGER_BODIES)
    app.add_middleware(BeaconPath)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_credentials=True,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "If-None-Match",
                "Idempotency-Key",
                "X-CSRF-Token",
                "X-Request-ID",
                *TUS_REQUEST_HEADERS,
            ],
            expose_headers=[
                "ETag",
                "Idempotent-Replayed",
                "Location",
                "X-Request-ID",
                "Retry-After",
                *TUS_EXPOSED_HEADERS,
            ],
            max_age=86400,
        )
    app.add_middleware(RequestContext)
    openapi.install(app, ROUTERS)
    return app
