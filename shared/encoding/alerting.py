"""What a job knows of the alerts about it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.encoding import repository


async def note_alert_sent(session: AsyncSession, job_id: UUID) -> None:
    """Somebody has been told that this job failed (the seed's ``alert_sent``). A job that is gone is fine."""
    job = await repository.get_job(session, job_id, lock=True)
    if job is not None:
        job.alert_sent = True
