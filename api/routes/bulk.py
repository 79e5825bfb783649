"""One action on many videos."""

from api.deps import noun_router

router = noun_router("/api/videos", tag="videos")
