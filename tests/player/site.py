"""A tiny site with the player's two routers and a playback answer that each test sets."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from api import problems
from api.routes import player, web_assets
from shared.config import Settings

SECONDS = 16
TILE_SECONDS = 2
VIDEO_ID = "0193f3a0-7c1e-7d4e-9a53-2f6f3c1f0a11"


@dataclass
class Site:
    """The running site. ``playback`` answers the playback call; media needs the current ``token`` in its path.

    While ``growing``, only the first segments are there, in EVENT playlists.
    """

    url: str
    playback: tuple[int, dict[str, Any]] = (404, {})
    token: str = "first"
    growing: bool = False
    media_paths: list[str] = field(default_factory=list)
    playback_calls: int = 0

    @property
    def embed(self) -> str:
        return f"{self.url}/embed/{VIDEO_ID}"

    def hls(self, **more: Any) -> None:
        """Answer with the stream from now on, under the current token."""
        media = f"{self.url}/media/{self.token}"
        self.playback = (
            200,
            {
                "provider": "hls",
                "hlsUrl": f"{media}/master.m3u8",
                "playerUrl": self.embed,
                "posterUrl": f"{media}/poster.jpg",
                "spritesVttUrl": f"{media}/sprites.vtt",
                "captions": [],
                "durationSeconds": SECONDS,
                **more,
            },
        )

    def none(self, **more: Any) -> None:
        """Answer that there is nothing to play."""
        self.playback = (200, {"provider": "none", "playerUrl": self.embed, "captions": [], **more})


def make_settings(**more: Any) -> Settings:
    return Settings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        redis_url="redis://127.0.0.1:1/0",
        s3_endpoint_url="http://127.0.0.1:1",
        s3_access_key_id="test",
        s3_secret_access_key="test",
        encoding_webhook_secret="0123456789abcdef0123456789abcdef",
        bunny_token_key="0123456789abcdef",
        **more,
    )


def make_app(settings: Settings) -> FastAPI:
    """The two routers and the errors' shape, without a database: no video is known."""
    app = FastAPI()
    app.state.settings = settings
    problems.install(app)
    app.include_router(web_assets.router)
    app.include_router(player.router)
    app.dependency_overrides[player.embed_domains] = lambda: ()
    return app
