"""The encode task: claim, probe, plan, encode while uploading, verify, report."""

import asyncio
import contextlib
import os
from dataclasses import dataclass, field
from typing import Any, cast

from shared.clients.s3 import ObjectNotFound, StorageUnavailable, object_url
from shared.encoding.errors import WORKER_STOPPED
from shared.encoding.ladder import Plan, plan_ladder
from shared.jobs.tasks import EncodePayload
from shared.log import get_logger
from worker.callbacks import ApiUnreachable, AttemptOver, ReportRefused
from worker.media.encode import EncodeSettings, Progress, encode
from worker.media.errors import MediaCode, MediaError
from worker.media.graph import Preset
from worker.media.playlists import MULTIVARIANT
from worker.media.results import EncodeResult
from worker.media.shelf import Kind
from worker.media.verify import verify
from worker.tasks.context import Tools

log = get_logger(__name__)

CLAIM_SECONDS = 60
COMPLETE_SECONDS = 900
FAIL_SECONDS = 120
REFUSED_PAUSE_SECONDS = 60
_REFUSED = "check that ENCODING_WEBHOOK_SECRET and the version are the same here and at the API"
_IMMUTABLE = "public, max-age=31536000, immutable"
_SHORT_LIVED = "public, max-age=10"


class VerificationFailed(Exception):
    """The encode ended, but what lies in storage is not what it should be."""


@dataclass(slots=True)
class _State:
    """What the next heartbeat says."""

    progress: dict[str, Any] = field(default_factory=lambda: {"progress": 0})
    news: asyncio.Event = field(default_factory=asyncio.Event)


async def encode_video(ctx: dict[str, Any], payload: dict[str, Any]) -> None:
    """Run one attempt. Ends quietly when the attempt is somebody else's; never leaves ffmpeg behind."""
    tools = cast("Tools", ctx["tools"])
    work = EncodePayload.model_validate(payload)
    identity = {
        "jobId": str(work.job_id),
        "videoId": str(work.video_id),
        "attempt": work.attempt,
        "workerId": tools.worker_id,
    }
    try:
        await tools.callbacks.send({**identity, "status": "started"}, within_seconds=CLAIM_SECONDS)
    except (AttemptOver, ApiUnreachable) as error:
        # Unreachable: the message is handed over again, since nobody has confirmed it.
        log.info("encoding.not_claimed", job_id=identity["jobId"], attempt=work.attempt, reason=str(error)[:200])
        return
    except ReportRefused as error:
        # Wrong secret or wrong version: this worker can do nothing. It must not take jobs from those that can.
        log.warning("encoding.reports_refused", job_id=identity["jobId"], reason=str(error)[:500], what_to_do=_REFUSED)
        await asyncio.sleep(REFUSED_PAUSE_SECONDS)
        return
    log.info("encoding.started", video_id=identity["videoId"], job_id=identity["jobId"], attempt=work.attempt)
    try:
        report = await _attempt(tools, work, identity)
    except (AttemptOver, ReportRefused) as over:
        log.info("encoding.given_up", job_id=identity["jobId"], attempt=work.attempt, reason=str(over)[:200])
        await _clean(tools, work)
    except asyncio.CancelledError:
        with contextlib.suppress(AttemptOver, ReportRefused, ApiUnreachable):
            stopped = {"code": WORKER_STOPPED, "message": "The worker was asked to stop"}
            await tools.callbacks.send({**identity, "status": "failed", "error": stopped}, within_seconds=3)
        raise
    except Exception as error:
        failure = _classify(error)
        log.warning(
            "encoding.attempt_ended", job_id=identity["jobId"], attempt=work.attempt, **failure, exc_info=_is_bug(error)
        )
        await _clean(tools, work)
        await _tell(tools, {**identity, "status": "failed", "error": failure}, within_seconds=FAIL_SECONDS)
    else:
        await _tell(tools, {**identity, **report, "status": "completed"}, within_seconds=COMPLETE_SECONDS)
    if tools.prober is not None:
        await tools.prober.prepare()


async def _attempt(tools: Tools, work: EncodePayload, identity: dict[str, Any]) -> dict[str, Any]:
    """Encode under a heartbeat; returns what a completed report says. The heartbeat's end ends the encode."""
    state = _State()
    heartbeat = asyncio.create_task(_heartbeat(tools, identity, state))
    encoding = asyncio.create_task(_encode(tools, work, state))
    try:
        await asyncio.wait({heartbeat, encoding}, return_when=asyncio.FIRST_COMPLETED)
        if heartbeat.done() and not encoding.done():
            heartbeat.result()
        return await encoding
    finally:
        for task in (heartbeat, encoding):
            task.cancel()
        await asyncio.gather(heartbeat, encoding, return_exceptions=True)


async def _heartbeat(tools: Tools, identity: dict[str, Any], state: _State) -> None:
    """Report every few seconds, and at once when viewers can watch more; a silent API does not stop the work.

    :raises AttemptOver: the API has given the attempt to another worker.
    """
    interval = min(2.0, tools.settings.encoding_lease_seconds / 4)
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(state.news.wait(), interval)
        state.news.clear()
        with contextlib.suppress(ApiUnreachable):
            await tools.callbacks.send({**identity, "status": "progress", **state.progress}, within_seconds=interval)


async def _encode(tools: Tools, work: EncodePayload, state: _State) -> dict[str, Any]:
    settings = tools.settings
    output_url = object_url(work.output_bucket, f"{work.output_prefix}{MULTIVARIANT}")
    await tools.s3.head(work.master_bucket, work.master_key)
    url = await tools.s3.presign_get(
        work.master_bucket, work.master_key, seconds=settings.encoding_timeout_seconds + 3600
    )
    assert tools.prober is not None
    clock = asyncio.get_running_loop().time
    begun = clock()
    source = await tools.prober.probe(url)
    probed = clock()
    plan = plan_ladder(source, window_seconds=None)

    async def sink(name: str, body: bytes, content_type: str, kind: Kind) -> None:
        cache = _SHORT_LIVED if kind == "playlist" else _IMMUTABLE
        await tools.s3.put(
            work.output_bucket, f"{work.output_prefix}{name}", body, content_type=content_type, cache_control=cache
        )

    async def on_progress(progress: Progress) -> None:
        state.progress = {
            **state.progress,
            "progress": progress.percent,
            "rungProgress": {name: round(percent, 1) for name, percent in progress.rungs.items()},
            "speed": round(progress.speed, 3),
            "etaSeconds": round(progress.eta_seconds, 1) if progress.eta_seconds is not None else None,
        }
        if "playableSeconds" in state.progress:
            state.progress["playableSeconds"] = round(progress.reachable_seconds, 3)

    async def on_playable(seconds: float) -> None:
        state.progress = {**state.progress, "outputUrl": output_url, "playableSeconds": round(seconds, 3)}
        state.news.set()

    result = await encode(
        url,
        plan,
        sink,
        settings=EncodeSettings(
            preset=Preset(settings.encoding_preset),
            threads=settings.encoding_threads or min(16, len(os.sched_getaffinity(0))),
            memory_bytes=settings.media_memory_bytes,
            cpu_seconds=settings.media_cpu_seconds,
            output_bytes=settings.media_output_bytes,
            wall_seconds=settings.encoding_timeout_seconds,
        ),
        on_progress=on_progress,
        on_playable=on_playable,
    )
    encoded = clock()
    report = await _verified(tools, work, plan, result)
    log.info(
        "encoding.encoded",
        job_id=str(work.job_id),
        probe_seconds=round(probed - begun, 3),
        encode_seconds=round(encoded - probed, 3),
        verify_seconds=round(clock() - encoded, 3),
    )
    return {
        "progress": 100,
        "outputUrl": output_url,
        "renditions": [
            {
                "quality": rendition.name,
                "url": f"{rendition.directory}/index.m3u8",
                "width": rendition.width,
                "height": rendition.height,
                "bandwidthBps": rendition.peak_bps + max((track.peak_bps for track in result.audio), default=0),
                "averageBandwidthBps": rendition.average_bps
                + max((track.average_bps for track in result.audio), default=0),
                "codecs": rendition.codecs,
                "frameRate": round(float(rendition.frame_rate), 3),
            }
            for rendition in result.renditions
        ],
        "thumbnails": list(result.thumbnails),
        "report": report,
        "durationSeconds": result.duration_seconds,
        "sizeBytes": result.bytes_total,
    }


async def _verified(tools: Tools, work: EncodePayload, plan: Plan, result: EncodeResult) -> dict[str, Any]:
    """The verification report of what lies in storage.

    :raises VerificationFailed: it is not what was made.
    """

    async def read(name: str) -> bytes:
        return await tools.s3.get(work.output_bucket, f"{work.output_prefix}{name}")

    async def stat() -> dict[str, tuple[int, str]]:
        prefix = work.output_prefix
        return {
            entry.key.removeprefix(prefix): (entry.size_bytes, entry.etag)
            async for entry in tools.s3.list_objects(work.output_bucket, prefix)
        }

    report: dict[str, Any] = await verify(plan, result, read, stat)
    if not report["ok"]:
        failed = [check for check in report["checks"] if not check["ok"]]
        raise VerificationFailed(f"{failed[0]['rule']}: {failed[0]['detail']}" if failed else "no detail")
    return report


def _classify(error: Exception) -> dict[str, str]:
    """The code decides whether trying again can help; what is unknown is taken to be transient."""
    match error:
        case MediaError():
            return {"code": str(error.code), "message": error.message}
        case ObjectNotFound():
            return {"code": MediaCode.FILE_NOT_FOUND.value, "message": "The master file is not in storage"}
        case StorageUnavailable():
            return {"code": "S3_UPLOAD_FAILED", "message": error.detail}
        case VerificationFailed():
            return {"code": MediaCode.MEDIA_OUTPUT_INVALID.value, "message": str(error)}
        case _:
            return {"code": "INTERNAL_ERROR", "message": f"{type(error).__name__}: {error}"[:500]}


def _is_bug(error: Exception) -> bool:
    return not isinstance(error, MediaError | ObjectNotFound | StorageUnavailable | VerificationFailed)


async def _tell(tools: Tools, report: dict[str, Any], *, within_seconds: float) -> None:
    """Send the last report of an attempt; while the API is away the lease decides what becomes of the attempt."""
    try:
        await tools.callbacks.send(report, within_seconds=within_seconds)
    except (AttemptOver, ReportRefused, ApiUnreachable) as error:
        log.warning(
            "encoding.report_not_taken", job_id=report["jobId"], status=report["status"], reason=str(error)[:500]
        )


async def _clean(tools: Tools, work: EncodePayload) -> None:
    """Remove what this attempt has stored; what cannot be removed now is collected by the control worker."""
    with contextlib.suppress(StorageUnavailable):
        await tools.s3.delete_prefix(work.output_bucket, work.output_prefix)
