"""The gate of a migration: what was published is held against the original and against what the platform says."""

import asyncio
from typing import Any, cast

from shared.clients.s3 import ObjectNotFound
from shared.encoding.ladder import plan_ladder
from shared.jobs.tasks import CompareSourcePayload
from shared.log import get_logger
from worker.feed import feed
from worker.media.compare import Check, compare
from worker.media.errors import MediaCode, MediaError
from worker.tasks.context import Tools
from worker.tasks.moves import MoveHold
from worker.tasks.source import encode_settings

log = get_logger(__name__)
#: Below the task's own limit, so that it can be said.
_WALL_SECONDS = 1500


async def compare_source(ctx: dict[str, Any], payload: dict[str, Any]) -> None:
    """Compare a published generation with its original and report every check; what cannot be compared is a failure."""
    tools = cast("Tools", ctx["tools"])
    work = CompareSourcePayload.model_validate(payload)
    await MoveHold(tools, work.move_id, work.take).carry_out(_compare(tools, work), "compared")


async def _compare(tools: Tools, work: CompareSourcePayload) -> dict[str, Any]:
    assert tools.prober is not None

    async def read(name: str) -> bytes:
        return await tools.s3.get(work.output_bucket, f"{work.output_prefix}{name}")

    try:
        async with asyncio.timeout(_WALL_SECONDS), feed(tools.s3, work.master_bucket, work.master_key) as source:
            plan = plan_ladder(await tools.prober.probe(source.url), window_seconds=None)
            checks = await compare(
                source.url,
                plan,
                read,
                platform_seconds=work.duration_seconds,
                platform_has_audio=work.has_audio,
                settings=encode_settings(tools),
            )
    except ObjectNotFound as error:
        checks = [Check("video", ok=False, detail=f"what was published is not whole: {error.detail}")]
    except TimeoutError:
        raise MediaError(MediaCode.FFMPEG_TIMEOUT, f"the comparison took longer than {_WALL_SECONDS} s") from None
    failed = [check.name for check in checks if not check.ok]
    log.info("moving.compared", move_id=str(work.move_id), take=work.take, failed=failed)
    return {"checks": [check.to_json() for check in checks]}
