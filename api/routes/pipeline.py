"""The production of a video."""

from api.deps import noun_router

router = noun_router("/api/videos", tag="pipeline")
