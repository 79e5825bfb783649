"""The parts of a divided encode: a window of the source, the sound, and the finish that joins them."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, cast

from shared.encoding.ladder import Plan
from shared.jobs.tasks import PartKind, PartPayload
from shared.log import get_logger
from worker.callbacks import AttemptOver, ReportRefused
from worker.media.encode import Progress
from worker.media.parts import PartResult, assemble, encode_audio, encode_window
from worker.media.witness import Seen
from worker.tasks.context import Tools
from worker.tasks.failures import classify, is_bug
from worker.tasks.hold import Hold
from worker.tasks.output import PARTS, Output
from worker.tasks.results import completed_report, verified, with_download
from worker.tasks.source import encode_settings, master_url

log = get_logger(__name__)
_SEEN = "seen"


async def encode_part(ctx: dict[str, Any], payload: dict[str, Any]) -> None:
    """Claim one part and do it, and what follows from it."""
    tools = cast("Tools", ctx["tools"])
    work = PartPayload.model_validate(payload)
    hold = _hold(tools, work)
    if await hold.claim():
        await run_parts(tools, await _part(tools, work, hold))


async def run_parts(tools: Tools, parts: Sequence[PartPayload]) -> None:
    """Do parts that this worker holds already, side by side, and what follows from them."""
    while parts:
        done = await asyncio.gather(*(_part(tools, work, _hold(tools, work)) for work in parts))
        # A report whose answer was lost is sent again, and may then be answered with what another was given.
        following = {(part.part_id, part.take): part for each in done for part in each}
        parts = list(following.values())


def _hold(tools: Tools, work: PartPayload) -> Hold:
    return Hold(
        tools,
        {
            "jobId": str(work.job_id),
            "videoId": str(work.video_id),
            "partId": str(work.part_id),
            "take": work.take,
            "workerId": tools.worker_id,
        },
    )


async def _part(tools: Tools, work: PartPayload, hold: Hold) -> list[PartPayload]:
    """Do one part to its end and report it; returns what this worker does next."""
    about = {"job_id": str(work.job_id), "kind": work.kind.value, "number": work.number, "take": work.take}
    log.info("encoding.part_started", **about)
    output = Output(tools.s3, work)
    last = work.kind is PartKind.finish
    try:
        report = await hold.run(_finish(work, tools, output) if last else _encode(work, tools, output, hold))
    except (AttemptOver, ReportRefused) as over:
        # What it has stored stays: the finish deletes it, or the collector with the whole generation.
        log.info("encoding.part_given_up", **about, reason=str(over)[:200])
    except asyncio.CancelledError:
        await hold.stopped()
        raise
    except Exception as error:
        failure = classify(error)
        log.warning("encoding.part_failed", **about, **failure, exc_info=is_bug(error))
        await hold.failed(failure)
    else:
        following = await hold.completed(**report)
        if last and following is not None:
            await output.drop_spare()
        return following or []
    return []


async def _encode(work: PartPayload, tools: Tools, output: Output, hold: Hold) -> dict[str, Any]:
    """Encode a window or the sound; returns what a completed report says."""
    plan = Plan.from_json(work.plan)

    async def on_progress(progress: Progress) -> None:
        hold.note(progress=round(progress.percent, 2), speed=round(progress.speed, 3))

    async def on_stored(count: int, codecs: dict[str, str]) -> None:
        # Whoever waits for the picture waits for the first segment; the others may come with the heartbeat.
        hold.note(at_once=not hold.noted("stored"), stored=count, codecs=codecs)

    async with master_url(tools, work) as url:
        if work.kind is PartKind.window:
            result = await encode_window(
                url,
                plan,
                work.number,
                work.share.value,
                output.put,
                take=work.take,
                settings=encode_settings(tools),
                on_progress=on_progress,
                on_stored=on_stored,
            )
        else:
            result = await encode_audio(
                url,
                plan,
                output.put,
                take=work.take,
                settings=encode_settings(tools),
                loudness_lufs=work.options.loudness_lufs,
                on_progress=on_progress,
                on_stored=on_stored,
            )
    manifest = f"parts/{work.kind.value}-{work.number}-{work.share.value}-{work.take}.json"
    document = {**result.to_json(), _SEEN: output.witness.seen.to_json()}
    await output.put(manifest, json.dumps(document).encode(), "application/json", "scratch")
    stored = hold.noted("stored") or 0
    return {"progress": 100, "manifest": manifest, "stored": stored, "codecs": hold.noted("codecs") or {}}


async def _finish(work: PartPayload, tools: Tools, output: Output) -> dict[str, Any]:
    """Join what the parts have left, put away what nobody needs, verify; returns what a completed report says."""
    plan = Plan.from_json(work.plan)
    documents = [json.loads(await output.read(name)) for name in work.manifests]
    parts = [PartResult.from_json(document) for document in documents]
    result = await assemble(plan, parts, output.put, output.read, settings=encode_settings(tools))
    result = await with_download(result, output, work.options)
    # Should this worker be lost before the end is reported, another needs all of it again.
    needed = {*work.manifests, *(name for part in parts for name in part.objects)}
    output.spare = frozenset(needed - result.objects.keys())
    left = await output.keep_only(result.objects)
    seen = output.witness.seen
    for document in documents:
        seen |= Seen.from_json(document[_SEEN])
    report = await verified(plan, result, output, work.options, witnessed=seen)
    log.info("encoding.joined", job_id=str(work.job_id), parts=len(parts), objects=len(result.objects), removed=left)
    spare = sorted(name for name in output.spare if not name.startswith(PARTS))
    return {**completed_report(result, report, output.url), "spare": spare}
