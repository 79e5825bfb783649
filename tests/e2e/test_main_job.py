"""A real master file becomes a playing stream, through every process."""

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import httpx

from cli.ports import free_port
from shared.clients.s3 import S3
from tests.cli.waiting import processes_below
from tests.e2e.conftest import FINAL, VMS, Running, fetch_output, job_of, objects_of, send, wait_for_job
from tests.media import playback

FRAMES = 265


async def test_a_file_becomes_a_stream_with_every_frame_in_step_with_its_sound(
    stack: Running, client: httpx.AsyncClient, storage: S3, demo_clip: Path, tmp_path: Path
) -> None:
    done = await send(client, demo_clip)
    job = wait_for_job(stack, done["x-job-id"], lambda job: job["status"] in FINAL, seconds=90)
    assert (job["status"], job["attempt"], job["report"]["ok"]) == ("completed", 1, True)
    answer = (await client.get(f"/api/videos/{done['x-video-id']}/playback")).json()
    output = await fetch_output(client, answer["hlsUrl"], tmp_path / "output")
    assert [rendition["quality"] for rendition in job["renditions"]] == ["1080p", "720p", "480p", "360p"]
    for rendition in job["renditions"]:
        folder = output / f"v{rendition['quality'].removesuffix('p')}"
        with playback.open_rendition(folder) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.width, stream.codec_context.height) == (
                rendition["width"],
                rendition["height"],
            )
        times = playback.frame_times(playback.open_rendition(folder))
        assert len(times) == FRAMES
        assert [round(time * 24) for time in times] == list(range(FRAMES))
        assert (await client.get(rendition["url"])).text.startswith("#EXTM3U")
    source, made = playback.sound(av.open(str(demo_clip))), playback.sound(playback.open_rendition(output / "a0"))
    assert abs(len(made.samples) / made.rate - FRAMES / 24) < 1 / 24
    assert abs(best_lag(source, made)) <= 0.025
    for name in ("posterUrl", "spritesVttUrl"):
        assert (await client.get(answer[name])).status_code == 200
    with av.open(answer["hlsUrl"]) as container:
        assert Fraction(container.streams.video[0].average_rate) == 24
    video = (await client.get(f"/api/videos/{done['x-video-id']}")).json()
    keys = await objects_of(storage, stack.settings, f"{video['id']}/")
    assert {key.split("/")[2] for key in keys} == {video["generation"]}


def best_lag(source: playback.Sound, made: playback.Sound) -> float:
    """Seconds by which ``made`` follows ``source``, by cross-correlation three seconds in."""
    origin, length, reach = 3 * 48000, 4800, 48000 * 60 // 1000

    def likeness(lag: int) -> float:
        return sum(source.samples[origin + n] * made.samples[origin + n + lag] for n in range(0, length, 2))

    return max(range(-reach, reach + 1, 8), key=likeness) / 48000


async def test_an_encode_again_replaces_what_viewers_get(
    stack: Running, client: httpx.AsyncClient, tiny_clip: Path
) -> None:
    done = await send(client, tiny_clip)
    wait_for_job(stack, done["x-job-id"], lambda job: job["status"] == "completed", seconds=60)
    path = f"/api/videos/{done['x-video-id']}"
    first = (await client.get(path)).json()["generation"]
    again = (await client.post(f"{path}/encode")).json()["jobId"]
    wait_for_job(stack, again, lambda job: job["status"] == "completed", seconds=60)
    second = (await client.get(path)).json()["generation"]
    assert second != first
    assert f"/{second}/" in (await client.get(f"{path}/playback")).json()["hlsUrl"]
    assert (await job_of(client, again))["attempt"] == 1


def test_the_demo_ends_with_urls_and_leaves_nothing_running(tmp_path: Path, tiny_clip: Path) -> None:
    command = [*VMS, "demo", "--file", str(tiny_clip), "--data-dir", str(tmp_path / "demo"), "--port", str(free_port())]
    ended = subprocess.run([*command, "--exit", "--json"], capture_output=True, timeout=120, check=True)
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    playable = next(event for event in events if event["event"] == "playable")
    done = events[-1]
    assert done["event"] == "done"
    assert done["hlsUrl"].partition("/bcdn_token=")[0] == playable["hlsUrl"].partition("/bcdn_token=")[0]
    assert 0 < done["secondsToFirstPlayable"] <= done["secondsTotal"]
    assert {"videoId", "jobId", "apiUrl", "playbackUrl", "playerUrl", "dataDir"} <= set(done)
    assert set(done["renditions"][0]) == {"quality", "width", "height", "bandwidthBps", "url"}
    assert not processes_below(tmp_path)


def test_the_demo_fails_clearly_on_what_is_no_video(tmp_path: Path) -> None:
    file = tmp_path / "letter.mp4"
    file.write_text("Dear viewer, this is not a video.\n" * 100)
    command = [*VMS, "demo", "--file", str(file), "--data-dir", str(tmp_path / "demo"), "--port", str(free_port())]
    ended = subprocess.run([*command, "--exit", "--json"], capture_output=True, timeout=120, check=False)
    assert ended.returncode == 1
    error = json.loads(ended.stdout.splitlines()[-1])
    assert (error["event"], error["code"]) == ("error", "unsupported_media_type")
    assert not processes_below(tmp_path)
