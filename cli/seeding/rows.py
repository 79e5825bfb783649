"""The rows of a seeded library, a batch at a time. What a reader sees depends on the seed and on nothing else.

Nothing is made up that a player would stumble over: no master files and no encoded outputs, so every video is at Vimeo
or was never there.
"""
# ruff: noqa: S311  Chance makes the library, no secrets.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count, pairwise
from random import Random
from typing import Any
from uuid import UUID

from cli.seeding.vocabulary import Language, Writer, languages
from shared.courses.slugs import first_free, slug_of
from shared.videos.models import MigrationStatus, PipelineStage, VideoStatus, Visibility

BATCH = 20_000
YEARS = timedelta(days=4 * 365)
MAX_COURSES, MAX_LESSONS = 500, 40
_COURSE_SHARE, _ARCHIVED_SHARE = 0.4, 0.03
_VIMEO, _YOUTUBE, _KINESCOPE = 1, 2, 8  # bits of videos.platform_mask
_STAGES = tuple(PipelineStage)
_STAGE_WEIGHTS = tuple(accumulate((8, 4, 6, 5, 4, 3, 67, 3)))
_VISIBILITIES = tuple(Visibility)
_VISIBILITY_WEIGHTS = tuple(accumulate((35, 20, 30, 15)))
_VIMEO_PRIVACY = {"public": "anybody", "unlisted": "unlisted", "private": "nobody", "paid": "disable"}
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

Rows = list[tuple[Any, ...]]
COLUMNS: dict[str, tuple[str, ...]] = {
    "courses": ("id", "created_at", "updated_at", "title", "slug", "description", "sort_order"),
    "modules": ("id", "created_at", "updated_at", "course_id", "title", "slug", "description", "sort_order"),
    "videos": (
        *("id", "created_at", "updated_at", "title", "description", "tags", "status", "visibility", "thumbnail_url"),
        *("duration_seconds", "course_id", "module_id", "sort_order", "published_at", "migration_status"),
        *("pipeline_stage", "archived_at", "platform_mask"),
    ),
    "video_platforms": (
        *("id", "created_at", "updated_at", "video_id", "platform", "external_id", "external_url", "embed_url"),
        *("status", "privacy_level", "synced_at"),
    ),
    "lessons": ("id", "created_at", "updated_at", "module_id", "video_id", "title", "slug", "sort_order"),
    "video_pipeline_links": (
        *("id", "created_at", "updated_at", "video_id", "pipeline_stage", "stage_changed_at", "project_id"),
        *("task_id", "notes"),
    ),
    "video_stage_changes": ("id", "created_at", "video_id", "from_stage", "to_stage", "actor"),
}
"""The tables in the order they are written, each with the columns of its rows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made. ``salt`` tells runs with the same seed apart: ids and external ids depend on it."""

    videos: int
    seed: int
    until: datetime
    actor: str
    salt: int = 0

    @property
    def courses(self) -> int:
        """How many courses the videos are enough for."""
        return min(MAX_COURSES, max(1, self.videos // 40))

    @property
    def batches(self) -> int:
        """How many transactions it takes."""
        return -(-self.videos // BATCH)


@dataclass(slots=True)
class Batch:
    """Rows by table. A batch is whole by itself: its lessons are of its courses and show its videos."""

    tables: dict[str, Rows] = field(default_factory=lambda: {name: [] for name in COLUMNS})


def make_batch(plan: Plan, number: int) -> Batch:
    """Batch ``number``, counted from 0."""
    return _Maker(plan, number).make()


def _share(total: int, parts: int, number: int) -> range:
    return range(total * number // parts, total * (number + 1) // parts)


class _Course:
    """A course that is being filled."""

    def __init__(self, course_id: UUID, writer: Writer, modules: list[UUID]) -> None:
        self.id, self.writer, self.modules = course_id, writer, modules
        self.videos: list[tuple[UUID, str, datetime]] = []


class _Maker:
    def __init__(self, plan: Plan, number: int) -> None:
        self.plan, self.number = plan, number
        self.rng = Random(f"{plan.seed}/{number}")
        self.ids = Random(f"{plan.seed}/{number}/{plan.salt}/{plan.videos}")
        # One after the other, so that none comes twice; another run starts elsewhere. Fifteen digits at most.
        run = Random(f"{plan.seed}/{plan.salt}/{plan.videos}").randrange(1, 100_000)
        self.vimeo_ids = count(run * 10**10 + number * BATCH)
        self.writers = [Writer(language, self.rng) for language in languages()]
        self.tags = {writer.language.code: _ranked(writer.language) for writer in self.writers}
        self.batch = Batch()

    def make(self) -> Batch:
        videos = _share(self.plan.videos, self.plan.batches, self.number)
        courses = _share(self.plan.courses, self.plan.batches, self.number)
        for index, course in enumerate(courses):
            part = _share(len(videos), len(courses), index)
            self._course(course, range(videos[0] + part.start, videos[0] + part.stop))
        return self.batch

    def _id(self, at: datetime) -> UUID:
        value = int(at.timestamp() * 1000) << 80 | self.ids.getrandbits(80)
        return UUID(int=value & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62)

    def _when(self, index: float) -> datetime:
        """Videos come in evenly over the years."""
        at = self.plan.until - YEARS * (1 - index / self.plan.videos)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def _later(self, at: datetime, *, days: float) -> datetime:
        """Some time after ``at``, soon more often than late, never in the future."""
        return min(at + timedelta(seconds=int(self.rng.expovariate(1 / (days * 86400)))), self.plan.until)

    def _course(self, number: int, videos: range) -> None:
        """A course, its modules and lessons, and all videos that come in while it is made."""
        at = self._when(videos.start)
        writer = self.writers[number % len(self.writers)]
        writer.year = str(at.year)
        course_id = self._id(at)
        title = writer.write(writer.language.courses)
        about = writer.description()
        self.batch.tables["courses"].append(
            (course_id, at, at, title, slug_of(title, otherwise="course"), about, number)
        )
        course = _Course(course_id, writer, [])
        titles = list(dict.fromkeys(writer.write(writer.language.modules) for _ in range(self.rng.randint(2, 6))))
        slugs: set[str] = set()
        for order, module_title in enumerate(titles):
            module_id = self._id(at)
            course.modules.append(module_id)
            slug = first_free(slug_of(module_title, otherwise="module"), slugs)
            slugs.add(slug)
            row = (module_id, at, at, course_id, module_title, slug, None, order)
            self.batch.tables["modules"].append(row)
        for index in videos:
            inside = index == videos.start or self.rng.random() < _COURSE_SHARE
            self._video(index, course if inside else None)
        self._lessons(course)

    def _video(self, index: int, course: _Course | None) -> None:
        rng = self.rng
        at = self._when(index + rng.random())
        video_id = self._id(at)
        writer = course.writer if course else self.writers[int(rng.random() * 3)]
        writer.year = str(at.year)
        title = writer.title(writer.language.lessons if course else writer.language.titles)
        stage = rng.choices(_STAGES, cum_weights=_STAGE_WEIGHTS)[0]
        visibility = rng.choices(_VISIBILITIES, cum_weights=_VISIBILITY_WEIGHTS)[0]
        archived = self._later(at, days=90) if rng.random() < _ARCHIVED_SHARE else None
        updated = archived or (self._later(at, days=30) if rng.random() < 0.7 else at)
        filmed = stage not in {PipelineStage.draft, PipelineStage.recording}
        module, order = None, rng.randrange(1000)
        if course is not None:
            order = len(course.videos)
            module = course.modules[order * len(course.modules) // MAX_LESSONS % len(course.modules)]
            course.videos.append((video_id, title, at))
        shown = stage in {PipelineStage.published, PipelineStage.archived}
        mask = self._platforms(video_id, at, updated, visibility) if filmed else 0
        self.batch.tables["videos"].append(
            (
                video_id,
                at,
                updated,
                title,
                writer.description(),
                self._some_tags(writer),
                VideoStatus.archived if archived else VideoStatus.active,
                visibility,
                f"https://images.example.org/{video_id}.jpg" if filmed and rng.random() < 0.8 else None,
                round(rng.lognormvariate(6.2, 0.8), 2) if filmed and rng.random() < 0.95 else None,
                course.id if course else None,
                module,
                order,
                self._later(at, days=10) if shown else None,
                MigrationStatus.vimeo_only if mask & _VIMEO else None,
                stage,
                archived,
                mask,
            )
        )
        self._production(video_id, at, stage, writer)

    def _some_tags(self, writer: Writer) -> list[str]:
        names, weights = self.tags[writer.language.code]
        count = int(self.rng.random() * 7)
        return list(dict.fromkeys(self.rng.choices(names, cum_weights=weights, k=count))) if count else []

    def _platforms(self, video_id: UUID, at: datetime, updated: datetime, visibility: Visibility) -> int:
        """Where a video is: most at Vimeo, some at YouTube or Kinescope, a few nowhere. Returns the bits."""
        chance, mask = self.rng.random(), 0
        mask |= _VIMEO if chance < 0.78 else 0
        mask |= _YOUTUBE if chance > 0.7 or (visibility == Visibility.public and self.rng.random() < 0.2) else 0
        mask |= _KINESCOPE if self.rng.random() < 0.12 else 0
        for name, link, embed, external_id in self._addresses(mask):
            # What is at Vimeo plays from there.
            ready = name == "vimeo" or self.rng.random() < 0.95
            status = "ready" if ready else ("processing", "failed")[int(self.rng.random() * 2)]
            privacy = _VIMEO_PRIVACY[visibility] if name == "vimeo" else None
            row = (self._id(at), at, updated, video_id, name, external_id, link, embed, status, privacy, updated)
            self.batch.tables["video_platforms"].append(row)
        return mask

    def _addresses(self, mask: int) -> Iterator[tuple[str, str, str, str]]:
        bits = self.ids.getrandbits
        if mask & _VIMEO:
            number = str(next(self.vimeo_ids))
            yield "vimeo", f"https://vimeo.com/{number}", f"https://player.vimeo.com/video/{number}", number
        if mask & _YOUTUBE:
            name = "".join(_ALPHABET[bits(6)] for _ in range(11))
            yield "youtube", f"https://www.youtube.com/watch?v={name}", f"https://www.youtube.com/embed/{name}", name
        if mask & _KINESCOPE:
            name = str(UUID(int=bits(128), version=4))
            yield "kinescope", f"https://kinescope.io/{name}", f"https://kinescope.io/embed/{name}", name

    def _production(self, video_id: UUID, at: datetime, stage: PipelineStage, writer: Writer) -> None:
        """For some videos how they came to their stage, for some who has them on a list elsewhere."""
        rng, changed = self.rng, at
        if stage != PipelineStage.draft and rng.random() < 0.25:
            for former, latter in pairwise(_STAGES[: _STAGES.index(stage) + 1]):
                changed = self._later(changed, days=3)
                move = (self._id(changed), changed, video_id, former, latter, self.plan.actor)
                self.batch.tables["video_stage_changes"].append(move)
        if rng.random() < 0.2:
            project, task = f"P-{rng.randrange(1, 200)}", f"T-{rng.randrange(1, 100_000)}"
            notes = writer.write(writer.language.notes) if rng.random() < 0.5 else None
            row = (self._id(at), at, changed, video_id, stage, changed, project, task, notes)
            self.batch.tables["video_pipeline_links"].append(row)

    def _lessons(self, course: _Course) -> None:
        """A lesson for each of the first videos of a course, and a few that still wait for theirs."""
        slugs: dict[UUID, set[str]] = {}
        for order, (video_id, title, at) in enumerate(course.videos[:MAX_LESSONS]):
            module = course.modules[order * len(course.modules) // MAX_LESSONS % len(course.modules)]
            shown = video_id if order == 0 or self.rng.random() < 0.92 else None
            slug = first_free(slug_of(title, otherwise="lesson"), slugs.setdefault(module, set()))
            slugs[module].add(slug)
            row = (self._id(at), at, at, module, shown, title, slug, order)
            self.batch.tables["lessons"].append(row)


def _ranked(language: Language) -> tuple[Sequence[str], list[float]]:
    """Tags with cumulative weights: the n-th is n times as rare as the first (Zipf)."""
    return language.tags, list(accumulate(1 / rank for rank in range(1, len(language.tags) + 1)))


def midnight() -> datetime:
    """When the current day began: what two runs on one day have in common."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
