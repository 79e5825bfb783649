"""Where a video is distributed."""

from api.deps import noun_router

router = noun_router("/api/videos", tag="platforms")
