"""Every route of the API, a file for each noun."""

from api.routes import (
    api_keys,
    auth,
    encoding,
    health,
    media,
    playback,
    player,
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
    videos.router,
    encoding.router,
    uploads.router,
    playback.router,
    media.router,
    player.router,
    web_assets.router,
)
