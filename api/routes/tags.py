"""Tags."""

from api.deps import noun_router

router = noun_router("/api/tags", tag="tags")
