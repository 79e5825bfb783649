"""A queued job, and two workers that report about it."""

import httpx
import pytest

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding.models import EncodingJob
from tests.encoding.dividing import Worker
from tests.factories import make_job


@pytest.fixture
async def job(database: Database, s3: S3, settings: Settings) -> EncodingJob:
    return await make_job(database, s3, settings)


@pytest.fixture
def anna(anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob) -> Worker:
    return Worker(anonymous, settings, job, "anna")


@pytest.fixture
def bert(anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob) -> Worker:
    return Worker(anonymous, settings, job, "bert")
