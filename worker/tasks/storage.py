"""Deleting objects. Whoever asks for it looks at the listing again and repeats what is missing."""

from typing import Any, cast

from shared.jobs.tasks import DeleteObjectsPayload
from shared.log import get_logger
from worker.tasks.context import Tools

log = get_logger(__name__)


async def delete_objects(ctx: dict[str, Any], payload: dict[str, Any]) -> None:
    """Delete every object under a prefix."""
    tools = cast("Tools", ctx["tools"])
    work = DeleteObjectsPayload.model_validate(payload)
    count = await tools.s3.delete_prefix(work.bucket, work.prefix)
    log.info("storage.deleted", bucket=work.bucket, prefix=work.prefix, objects=count)
