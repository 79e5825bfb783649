"""Every route of the API, a file for each noun."""

from api.routes import (
    api_keys,
    audit,
    auth,
    bulk,
    courses,
    encoding,
    health,
    library,
    media,
    pipeline,
    platforms,
    playback,
    player,
    tags,
    uploads,
    users,
    videos,
    web_assets,
)

ROUTERS = (
    health.router,
    auth.router,
    users.router,
    api_keys.router,
    bulk.router,  # before the routes that take an id at the same place
    library.router,
    videos.router,
    tags.router,
    platforms.router,
    pipeline.router,
    courses.router,
    encoding.router,
    uploads.router,
    playback.router,
    media.router,
    audit.router,
    player.router,
    web_assets.router,
)
