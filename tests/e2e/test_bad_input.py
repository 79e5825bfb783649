"""Files that are not what they claim: a clear permanent error, and nothing of them stays."""

import asyncio
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import imageio_ffmpeg
import pytest

from cli.tus import UploadFailed
from shared.clients.s3 import S3
from shared.encoding.errors import PERMANENT_CODES
from tests.e2e.conftest import FINAL, Running, objects_of, send, wait_for_job

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{target}\n#EXT-X-ENDLIST\n"


def ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments], check=True, timeout=60)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("this is a text\n" * 1000)


def hls(path: Path) -> None:
    path.write_text(PLAYLIST.format(target="file:///etc/passwd"))


def hls_over_http(path: Path) -> None:
    path.write_text(PLAYLIST.format(target="http://127.0.0.1:1/secret.ts"))


def script(path: Path) -> None:
    path.write_text("ffconcat version 1.0\nfile /etc/passwd\n")


def picture(path: Path) -> None:
    made = path.with_suffix(".png")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1", str(made))
    made.rename(path)


def cut_off(path: Path) -> None:
    whole = path.with_name("whole.mp4")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:d=4", "-c:v", "libx264", str(whole))
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def cut_off_behind_its_index(path: Path) -> None:
    whole = path.with_name("whole.mp4")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:d=8", "-c:v", "libx264", "-movflags", "+faststart", str(whole))
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def too_wide(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=16384x16:d=0.2", "-c:v", "mjpeg", "-f", "matroska", str(path))


def noise_behind_a_good_beginning(path: Path) -> None:
    whole = path.with_name("whole.mp4")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v", "libx264", str(whole))
    path.write_bytes(whole.read_bytes()[:64] + bytes(range(256)) * 400)


def sound_alone(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", "-f", "mp4", str(path))


@pytest.mark.parametrize("make", [empty, text, hls, hls_over_http, script, picture])
async def test_what_is_no_video_is_refused_while_it_arrives(
    stack: Running, client: httpx.AsyncClient, storage: S3, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    file = tmp_path / "video.mp4"
    make(file)
    before = await objects_of(storage, stack.settings)
    videos = (await client.get("/api/videos")).json()["total"]
    with pytest.raises(UploadFailed) as refused:
        await send(client, file)
    assert refused.value.code == "unsupported_media_type"
    assert await objects_of(storage, stack.settings) == before
    assert (await client.get("/api/videos")).json()["total"] == videos


@pytest.mark.parametrize(
    "make", [cut_off, cut_off_behind_its_index, too_wide, noise_behind_a_good_beginning, sound_alone]
)
async def test_what_cannot_be_encoded_fails_for_good_and_leaves_nothing(
    stack: Running, client: httpx.AsyncClient, storage: S3, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    file = tmp_path / "video.mp4"
    make(file)
    before = set(await objects_of(storage, stack.settings))
    done = await send(client, file)
    job = wait_for_job(stack, done["x-job-id"], lambda job: job["status"] in FINAL, seconds=60)
    assert (job["status"], job["attempt"], job["nextRetryAt"]) == ("failed", 1, None)
    assert job["error"]["code"] in PERMANENT_CODES
    assert job["error"]["message"]
    deadline = time.monotonic() + 30
    while not set(await objects_of(storage, stack.settings)) <= before:
        assert time.monotonic() < deadline, "objects of the bad file are still there"
        await asyncio.sleep(0.5)
    assert [path for path in (stack.data_dir / "tmp").rglob("*") if path.is_file()] == []
    assert (await client.get(f"/api/videos/{done['x-video-id']}")).json()["master"] is None
