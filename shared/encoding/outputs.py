"""Where outputs lie: reading the URLs that workers report."""

import re
from urllib.parse import unquote, urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clients.s3 import S3, ObjectNotFound
from shared.config import Settings
from shared.db.session import commit
from shared.encoding import repository
from shared.encoding.errors import JobNotFound, OutputNotFound
from shared.encoding.models import JobStatus
from shared.encoding.schemas import Report, ReportStatus

MULTIVARIANT = "master.m3u8"
#: What the parts of a divided encode leave for the one that joins them.
PARTS = "parts/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def prefix_of(settings: Settings, report: Report) -> str:
    """``<video>/<generation>/`` of a reported URL.

    It may be ``s3://bucket/…``, the storage's own URL with the bucket in its path, or any URL that ends in
    ``/<bucket>/<video>/<generation>/master.m3u8``.

    :raises OutputNotFound: it is none of these.
    """
    try:
        parts = urlsplit(report.output_url or "")
    except ValueError as error:
        raise OutputNotFound("outputUrl is not a URL") from error
    steps = [unquote(step) for step in parts.path.split("/") if step]
    if parts.scheme == "s3":
        steps = [parts.netloc, *steps]
    expected = [settings.s3_hls_bucket, str(report.video_id)]
    if len(steps) >= 4 and steps[-1] == MULTIVARIANT and steps[-4:-2] == expected and _NAME.fullmatch(steps[-2]):
        return f"{report.video_id}/{steps[-2]}/"
    raise OutputNotFound(
        f"outputUrl must end in /{settings.s3_hls_bucket}/{report.video_id}/<generation>/{MULTIVARIANT}"
    )


async def reported_prefix(session: AsyncSession, s3: S3, settings: Settings, report: Report) -> str | None:
    """The directory a report points at, when it counts: the output of a completed one must exist.

    Storage is asked between two transactions, so that none waits for it.

    :raises JobNotFound: no such job.
    :raises OutputNotFound: not in our bucket under that video, or not there.
    """
    if report.output_url is None:
        return None
    if report.status is not ReportStatus.completed:
        return prefix_of(settings, report)
    job = await repository.get_job(session, report.job_id)
    if job is None or job.video_id != report.video_id:
        raise JobNotFound("There is no such job for this video")
    stale = report.part_id is None and report.attempt is not None and report.attempt != job.attempt
    if stale or JobStatus(job.status) not in repository.ACTIVE:
        return None  # the attempt is refused anyway, and says why
    prefix = prefix_of(settings, report)
    await commit(session)
    try:
        await s3.head(settings.s3_hls_bucket, f"{prefix}{MULTIVARIANT}")
    except ObjectNotFound as error:
        raise OutputNotFound(f"There is no {prefix}{MULTIVARIANT} in {settings.s3_hls_bucket}") from error
    return prefix
