"""Looking at a master before anything is encoded. Whoever needs the answer and does not get it asks again."""

from typing import Any, cast

from shared.jobs.tasks import ProbePayload
from shared.log import get_logger
from worker.callbacks import PROBES, ApiUnreachable, AttemptOver, ReportRefused
from worker.feed import feed
from worker.media.errors import MediaCode, MediaError
from worker.tasks.context import Tools

log = get_logger(__name__)
REPORT_SECONDS = 60


async def probe_master(ctx: dict[str, Any], payload: dict[str, Any]) -> None:
    """Probe a master and report what it is, or why it can never be encoded. What may pass is not reported."""
    tools = cast("Tools", ctx["tools"])
    work = ProbePayload.model_validate(payload)
    found = await _look(tools, work)
    if found is None:
        return
    try:
        await tools.callbacks.send({"masterId": str(work.master_id), **found}, within_seconds=REPORT_SECONDS, to=PROBES)
    except (AttemptOver, ReportRefused, ApiUnreachable) as error:
        log.warning("probing.not_reported", master_id=str(work.master_id), reason=str(error)[:300])
    else:
        log.info("probing.reported", master_id=str(work.master_id), kind=next(iter(found)))


async def _look(tools: Tools, work: ProbePayload) -> dict[str, Any] | None:
    """The facts or the error to report; None when another try may see more."""
    assert tools.prober is not None
    try:
        async with feed(tools.s3, work.bucket, work.key) as source:
            return {"facts": (await tools.prober.probe(source.url)).to_json()}
    except MediaError as error:
        # A file that cannot be found may be on its way, or storage may be wrong about it.
        if error.permanent and error.code is not MediaCode.FILE_NOT_FOUND:
            return {"error": {"code": error.code.value, "message": error.message}}
        log.warning("probing.failed", master_id=str(work.master_id), code=error.code, reason=error.message)
    return None
