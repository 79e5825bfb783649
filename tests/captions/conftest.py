"""A video with a published generation, and a control worker's step."""

from uuid import UUID

import httpx
import pytest

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from tests.factories import make_job, make_master, make_video, report_body, send_report
from worker.captions import CaptionWriter

MULTIVARIANT = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="audio"
v720/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,AUDIO="audio"
v360/index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100,CODECS="avc1.64001e",RESOLUTION=640x360,URI="v360/iframes.m3u8"
"""


class Stage:
    """Publishes generations of one video and reads what is in them."""

    def __init__(self, database: Database, s3: S3, settings: Settings, client: httpx.AsyncClient) -> None:
        self.database, self.s3, self.settings, self.client = database, s3, settings, client
        self.writer = CaptionWriter(database, s3)

    async def publish(self, name: str, video_id: UUID | None = None) -> UUID:
        """A (new, public) video's encode ends with these outputs."""
        if video_id is None:
            video_id = await make_video(self.database, visibility="public")
            await make_master(self.database, self.s3, self.settings, video_id)
        job = await make_job(self.database, self.s3, self.settings, video_id)
        prefix = f"{job.video_id}/{name}/"
        await self.put(f"{prefix}master.m3u8", MULTIVARIANT)
        url = f"s3://{self.settings.s3_hls_bucket}/{prefix}master.m3u8"
        answer = await send_report(
            self.client, self.settings, report_body(job, "completed", outputUrl=url, durationSeconds=12.5)
        )
        assert answer.status_code == 200, answer.text
        return job.video_id

    async def put(self, key: str, text: str) -> None:
        await self.s3.put(self.settings.s3_hls_bucket, key, text.encode(), content_type="text/plain")

    async def read(self, key: str) -> str:
        return (await self.s3.get(self.settings.s3_hls_bucket, key)).decode()

    async def listing(self, prefix: str) -> set[str]:
        return {entry.key async for entry in self.s3.list_objects(self.settings.s3_hls_bucket, prefix)}


@pytest.fixture
def stage(database: Database, s3: S3, settings: Settings, anonymous: httpx.AsyncClient) -> Stage:
    return Stage(database, s3, settings, anonymous)
