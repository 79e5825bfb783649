"""The site on a port, a real HLS stream behind it, and the browser."""

import html
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest
import uvicorn
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response

from api.routes import web_assets
from tests.player import web_build
from tests.player.chrome import Chrome, find_chromium, launch
from tests.player.site import SECONDS, TILE_SECONDS, Site, make_app, make_settings

#: A page of another site that embeds the player, keeps what it hears, and can `ask`.
PARENT = """<!doctype html><title>Parent</title>
<iframe id="f" src="{src}" width="640" height="360" allow="autoplay"></iframe>
<script>
  const heard = [];
  addEventListener("message", ({{ data }}) => {{
    if (data.source === "vms-player") heard.push({{ ...data, at: performance.now() }});
  }});
  const last = (name) => heard.findLast(({{ event }}) => event === name);
  const ask = (command, more) =>
    f.contentWindow.postMessage({{ target: "vms-player", version: 1, command, ...more }}, "*");
</script>"""


@pytest.fixture(scope="session")
def web_dist() -> Path:
    web_build.ensure_built()
    return web_assets.DIST


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """fMP4 HLS: 360p and 180p video, the audio in its own group, a poster and sprites."""
    folder = tmp_path_factory.mktemp("media")
    source = ["-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=24:duration={SECONDS}"]
    tone = ["-f", "lavfi", "-i", f"sine=frequency=330:sample_rate=48000:duration={SECONDS}"]
    hls = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    _ffmpeg(
        folder,
        *source, *tone,
        "-filter_complex", "[0:v]split[a][b];[b]scale=320:180[c]",
        "-map", "[a]", "-map", "[c]", "-map", "1:a",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "48", "-sc_threshold", "0",
        "-b:v:0", "900k", "-b:v:1", "300k", "-c:a", "aac", "-ac", "2", "-b:a", "96k",
        *hls, "-master_pl_name", "master.m3u8",
        "-var_stream_map", "v:0,agroup:audio v:1,agroup:audio a:0,agroup:audio,default:yes",
        "-hls_segment_filename", "%v/%03d.m4s", "-hls_fmp4_init_filename", "init.mp4", "%v/index.m3u8",
    )  # fmt: skip
    tiles = f"fps=1/{TILE_SECONDS},scale=160:90,tile=5x5"
    _ffmpeg(folder, *source, "-vf", tiles, "-frames:v", "1", "sheet-000.jpg")
    _ffmpeg(folder, *source, "-frames:v", "1", "poster.jpg")
    cues = [
        f"00:00:{start:02}.000 --> 00:00:{start + TILE_SECONDS:02}.000\n"
        f"sheet-000.jpg#xywh={number % 5 * 160},{number // 5 * 90},160,90\n"
        for number, start in enumerate(range(0, SECONDS, TILE_SECONDS))
    ]
    (folder / "sprites.vtt").write_text("WEBVTT\n\n" + "\n".join(cues))
    (folder / "en.vtt").write_text(f"WEBVTT\n\n00:00:00.000 --> 00:00:{SECONDS}.000\nHello\n")
    return folder


def first_segments(playlist: str, count: int = 4) -> str:
    """The playlist as it was when it had that many segments."""
    kept = playlist.replace("PLAYLIST-TYPE:VOD", "PLAYLIST-TYPE:EVENT").split("#EXTINF:")[: count + 1]
    return "#EXTINF:".join(kept)


def _ffmpeg(folder: Path, *arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def _served(web_dist: Path, media: Path) -> Iterator[Site]:
    listener = socket.create_server(("127.0.0.1", 0))
    site = Site(f"http://127.0.0.1:{listener.getsockname()[1]}")
    app = make_app(make_settings(public_base_url=site.url))

    @app.get("/api/videos/{video_id}/playback")
    def playback(video_id: str) -> Response:
        site.playback_calls += 1
        status, body = site.playback
        return JSONResponse(body, status)

    @app.get("/media/{token}/{path:path}")
    def file(token: str, path: str) -> Response:
        site.media_paths.append(path)
        if token != site.token:
            return Response(status_code=403)
        no_store = {"Cache-Control": "no-store"}
        if site.growing and path.endswith("index.m3u8"):
            return PlainTextResponse(first_segments((media / path).read_text()), headers=no_store)
        return FileResponse(media / path, headers=no_store)

    @app.get("/parent")
    def parent(src: str) -> Response:
        return HTMLResponse(PARENT.format(src=html.escape(src)))

    @app.post("/api/playback/events")
    def events() -> Response:
        return Response(status_code=204)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return Response(status_code=204)

    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield site
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def site(_served: Site) -> Site:
    """The site as it is at the start of a test: an unknown video."""
    _served.playback, _served.token, _served.growing, _served.playback_calls = (404, {}), "first", False, 0
    _served.media_paths.clear()
    return _served


@pytest.fixture(scope="session")
def chromium() -> str:
    return find_chromium()


@pytest.fixture(scope="session")
async def chrome(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chrome]:
    async with launch(chromium, tmp_path_factory.mktemp("profile")) as browser:
        yield browser
