"""The encode task: claim, probe, plan; encode a short source whole, divide a long one into parts."""

import asyncio
from typing import Any, cast

from redis.exceptions import RedisError

from shared.encoding.ladder import Plan, SourceFacts, plan_ladder
from shared.jobs.presence import workers_seen
from shared.jobs.tasks import EncodePayload
from shared.log import get_logger
from worker.callbacks import AttemptOver, ReportRefused
from worker.media.encode import Progress, encode
from worker.tasks.context import Tools
from worker.tasks.failures import classify, is_bug
from worker.tasks.hold import Hold
from worker.tasks.output import Output
from worker.tasks.parts import run_parts
from worker.tasks.results import completed_report, verified, with_download
from worker.tasks.source import encode_settings, master_url

log = get_logger(__name__)


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
    hold = Hold(tools, identity)
    if not await hold.claim():
        return
    log.info("encoding.started", video_id=identity["videoId"], job_id=identity["jobId"], attempt=work.attempt)
    done: Plan | dict[str, Any] | None = None
    try:
        done = await hold.run(_plan_and_encode(tools, work, hold, workers=await _workers(ctx)))
    except (AttemptOver, ReportRefused) as over:
        log.info("encoding.given_up", job_id=identity["jobId"], attempt=work.attempt, reason=str(over)[:200])
        await Output(tools.s3, work).clear()
    except asyncio.CancelledError:
        await hold.stopped()
        raise
    except Exception as error:
        failure = classify(error)
        log.warning(
            "encoding.attempt_ended", job_id=identity["jobId"], attempt=work.attempt, **failure, exc_info=is_bug(error)
        )
        await Output(tools.s3, work).clear()
        await hold.failed(failure)
    if isinstance(done, Plan):
        # From here on other workers store under the same prefix: nothing may be cleared any more.
        await run_parts(tools, await hold.planned(done))
    elif done is not None:
        await hold.completed(**done)
    if tools.prober is not None:
        await tools.prober.prepare()


async def _workers(ctx: dict[str, Any]) -> int:
    """How many encode workers share the work. Without an answer this one counts on nobody else."""
    try:
        async with asyncio.timeout(2):
            return max(1, (await workers_seen(ctx["redis"])).get("encode", 1))
    except (RedisError, OSError, TimeoutError):
        return 1


async def _plan_and_encode(tools: Tools, work: EncodePayload, hold: Hold, *, workers: int) -> Plan | dict[str, Any]:
    """The plan of a source that is to be divided, or what a completed report says of one that is not."""
    settings = tools.settings
    clock = asyncio.get_running_loop().time
    begun = clock()
    async with master_url(tools, work) as url:
        if work.source is not None:
            source = SourceFacts.from_json(work.source)
        else:
            assert tools.prober is not None
            source = await tools.prober.probe(url)
        probed = clock()
        plan = plan_ladder(source, window_seconds=settings.encoding_window_seconds, workers=workers)
        if len(plan.windows) > 1:
            return plan
        output = Output(tools.s3, work)

        async def on_progress(progress: Progress) -> None:
            hold.note(
                progress=progress.percent,
                rungProgress={name: round(percent, 1) for name, percent in progress.rungs.items()},
                speed=round(progress.speed, 3),
                etaSeconds=round(progress.eta_seconds, 1) if progress.eta_seconds is not None else None,
            )
            if hold.noted("playableSeconds") is not None:
                hold.note(playableSeconds=round(progress.reachable_seconds, 3))

        async def on_playable(seconds: float) -> None:
            hold.note(at_once=True, outputUrl=output.url, playableSeconds=round(seconds, 3))

        result = await encode(
            url,
            plan,
            output.put,
            settings=encode_settings(tools),
            loudness_lufs=work.options.loudness_lufs,
            on_progress=on_progress,
            on_playable=on_playable,
        )
    encoded = clock()
    result = await with_download(result, output, work.options)
    report = await verified(plan, result, output, work.options, witnessed=output.witness.seen)
    log.info(
        "encoding.encoded",
        job_id=str(work.job_id),
        probe_seconds=round(probed - begun, 3),
        encode_seconds=round(encoded - probed, 3),
        verify_seconds=round(clock() - encoded, 3),
    )
    return {**completed_report(result, report, output.url), "source": source.to_json()}
