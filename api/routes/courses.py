"""Courses, their modules and lessons."""

from api.deps import noun_router

router = noun_router("/api", tag="courses")
