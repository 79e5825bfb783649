"""Reading the library: videos with their platforms, masters and outputs, in a fixed number of queries."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from shared.encoding import service as encoding_service
from shared.library.schemas import PlatformOut, VideoOut
from shared.platforms import service as platforms_service
from shared.videos import service as videos_service
from shared.videos.models import Video


async def answers(session: AsyncSession, videos: Sequence[Video]) -> list[VideoOut]:
    """The parts of many videos in a fixed number of queries."""
    ids = [video.id for video in videos]
    masters = await videos_service.current_masters(session, ids)
    platforms = await platforms_service.platforms_of(session, ids)
    generations = await encoding_service.generation_names(session, ids)
    return [
        VideoOut.build(
            video,
            master=masters.get(video.id),
            platforms=[PlatformOut.model_validate(row) for row in platforms[video.id]],
            generation=generations.get(video.id),
        )
        for video in videos
    ]


async def answer(session: AsyncSession, video: Video) -> VideoOut:
    """One video with its parts."""
    return (await answers(session, [video]))[0]
