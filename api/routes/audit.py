"""The action log, for admins."""

from api.deps import noun_router

router = noun_router("/api/audit", tag="audit")
