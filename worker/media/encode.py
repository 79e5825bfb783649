"""Encode a source of one window: one ffmpeg process, finished objects to a sink as they appear."""

from __future__ import annotations

import asyncio

from shared.encoding.ladder import Plan
from worker.media import damage, graph, loudness, pictures
from worker.media.errors import MediaCode, MediaError
from worker.media.packager import AudioPackager, VideoPackager
from worker.media.publisher import OnPlayable, Publisher
from worker.media.results import EncodeResult
from worker.media.run import EncodeSettings, OnProgress, Progress, Run, check_length, limited
from worker.media.shelf import Shelf, Sink

__all__ = ["EncodeSettings", "OnProgress", "Progress", "encode"]


async def encode(
    url: str,
    plan: Plan,
    sink: Sink,
    *,
    settings: EncodeSettings | None = None,
    loudness_lufs: float | None = None,
    on_progress: OnProgress | None = None,
    on_playable: OnPlayable | None = None,
) -> EncodeResult:
    """Encode `url` as `plan` says and store every object through `sink`.

    `on_progress` is awaited every `progress_interval_seconds`. What it, `on_playable` or the sink raises ends the
    encode and is raised here; so does cancellation, and ffmpeg is dead before either leaves this function. Raises
    MediaError for all that goes wrong in ffmpeg or with its output, ValueError for a plan of more than one window.
    """
    if len(plan.windows) != 1:
        raise ValueError("a plan of several windows is encoded by its parts (worker.media.parts)")
    settings = settings or EncodeSettings()
    async with limited(settings, plan, "the encode"):
        gains = await sound_gains(url, plan, loudness_lufs, settings)
        run = Run(url, plan, graph.whole(plan), settings, on_progress, gains=gains)
        return await _whole(run, plan, sink, settings, on_playable)


async def sound_gains(url: str, plan: Plan, target_lufs: float | None, settings: EncodeSettings) -> dict[str, str]:
    """Return the filters that bring the audio tracks to `target_lufs`, by track; none if no target is given."""
    return {} if target_lufs is None or not plan.audio else await loudness.gains(url, plan, target_lufs, settings)


async def _whole(
    run: Run, plan: Plan, sink: Sink, settings: EncodeSettings, on_playable: OnPlayable | None
) -> EncodeResult:
    async with asyncio.TaskGroup() as uploads:
        shelf = Shelf(sink, uploads, slots=settings.upload_slots, limit_bytes=settings.output_bytes)
        publisher = Publisher(
            plan,
            run.video,
            run.audio,
            shelf,
            interval_seconds=settings.playlist_interval_seconds,
            on_playable=on_playable,
        )
        run.video += [VideoPackager(r, plan, plan.windows[0], shelf, publisher.changed) for r in plan.rungs]
        run.audio += [AudioPackager(track, plan, shelf, publisher.changed) for track in plan.audio]
        publishing = uploads.create_task(publisher.run())
        sheets = pictures.Sheets(plan, shelf)
        await run.ffmpeg(on_tile=sheets.put, reachable=lambda: publisher.reachable_seconds)
        video = [await packager.finish() for packager in run.video]
        check_length(plan, video[0].frames, run.log)
        damage.check(run.losses, float(video[0].duration_seconds))
        audio = [await packager.finish(video[0].frames) for packager in run.audio]
        if not run.thumbnails:
            raise MediaError(MediaCode.FFMPEG_FAILED, "no thumbnail was made")
        await pictures.put_thumbnails(shelf, run.thumbnails)
        await sheets.finish(video[0])
        await shelf.drain()
        publisher.stop()
        await publishing
        await publisher.finish(video, audio)
    return EncodeResult(
        renditions=tuple(video),
        audio=tuple(audio),
        objects=dict(shelf.objects),
        thumbnails=pictures.THUMBNAIL_NAMES,
        frames_decoded=run.frames_decoded,
        decode_errors=run.decode_errors,
        encode_seconds=run.seconds,
        losses=run.losses,
    )
