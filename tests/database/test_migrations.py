"""Models and migrations agree, migrations go down and up again, and the seed's schema is there."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from cli.servers import Endpoints
from shared.db.base import UPDATED_AT_FUNCTION, updated_at_trigger
from shared.db.metadata import full_metadata
from shared.db.migrate import downgrade, upgrade
from shared.db.session import async_url
from shared.videos import ddl

# What the catalogue says of every column, constraint, index and trigger, by name.
CATALOGUE = """
SELECT 'column', c.table_name || '.' || c.column_name,
       concat_ws(' ', c.udt_name, c.is_nullable, c.column_default, c.numeric_precision, c.numeric_scale,
                 c.collation_name, c.generation_expression)
FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name <> 'alembic_version'
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
UNION ALL
SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL
SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'statistics', attrelid::regclass || '.' || attname, attstattarget::text FROM pg_attribute WHERE attstattarget > 0
UNION ALL
SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


@pytest.fixture
def empty_database(endpoints: Endpoints) -> Iterator[str]:
    """The URL of a database of its own."""
    assert endpoints.database_url is not None
    name = f"test_{uuid4().hex}"
    base, _, _ = endpoints.database_url.rpartition("/")

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(endpoints.database_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run(f"CREATE DATABASE {name}"))
    yield f"{base}/{name}"
    asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))


def catalogue(url: str) -> dict[tuple[str, str], str]:
    async def read() -> dict[tuple[str, str], str]:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch(CATALOGUE)
        await connection.close()
        return {(row[0], row[1]): row[2] for row in rows}

    return asyncio.run(read())


def create_from_models(url: str) -> None:
    async def create() -> None:
        engine = create_async_engine(async_url(url))
        async with engine.begin() as connection:
            await connection.execute(text(UPDATED_AT_FUNCTION))
            for function in ddl.FUNCTIONS:
                await connection.exec_driver_sql(function)
            await connection.run_sync(full_metadata().create_all)
            for table in full_metadata().sorted_tables:
                if "updated_at" in table.columns:
                    await connection.execute(text(updated_at_trigger(table.name)))
            await connection.exec_driver_sql(ddl.STATISTICS)
            for trigger in ddl.TRIGGERS:
                await connection.exec_driver_sql(trigger)
        await engine.dispose()

    asyncio.run(create())


def reset(url: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()

    asyncio.run(run())


def test_models_and_migrations_agree(empty_database: str) -> None:
    upgrade(empty_database)
    migrated = catalogue(empty_database)
    reset(empty_database)
    create_from_models(empty_database)
    modelled = catalogue(empty_database)
    assert migrated == modelled


def test_down_to_nothing_and_up_again(empty_database: str) -> None:
    upgrade(empty_database)
    first = catalogue(empty_database)
    downgrade(empty_database)
    assert catalogue(empty_database) == {}
    upgrade(empty_database)
    assert catalogue(empty_database) == first


ROWS = """
INSERT INTO videos (id, title, description, tags, status, updated_at) VALUES
    ('00000000-0000-7000-8000-000000000001', 'Übungen', 'für alle', '{yoga,a}', 'active', '2020-01-01'),
    ('00000000-0000-7000-8000-000000000002', 'Second', NULL, '{yoga}', 'archived', '2020-01-01');
INSERT INTO video_platforms (video_id, platform) VALUES
    ('00000000-0000-7000-8000-000000000001', 'vimeo'), ('00000000-0000-7000-8000-000000000001', 'kinescope');
INSERT INTO courses (id, title, slug) VALUES ('00000000-0000-7000-8000-000000000003', 'C', 'c');
INSERT INTO modules (id, course_id, title, updated_at) VALUES
    ('00000000-0000-7000-8000-000000000004', '00000000-0000-7000-8000-000000000003', 'M', '2020-01-01');
INSERT INTO lessons (module_id, title, updated_at) VALUES
    ('00000000-0000-7000-8000-000000000004', 'L', '2020-01-01');
INSERT INTO video_pipeline_links (video_id, notes, assigned_to, updated_at) VALUES
    ('00000000-0000-7000-8000-000000000001', 'old', gen_random_uuid(), '2019-01-01'),
    ('00000000-0000-7000-8000-000000000001', 'new', gen_random_uuid(), '2020-01-01');
"""


def test_a_library_with_videos_is_brought_up_to_date(empty_database: str) -> None:
    """What is derived from rows of the first release is there afterwards, and nobody seems to have changed them."""
    upgrade(empty_database, "foundation")
    before = catalogue(empty_database)

    async def look() -> None:
        connection = await asyncpg.connect(empty_database)
        times = await connection.fetch(
            "SELECT DISTINCT extract(year FROM updated_at)::int FROM (SELECT updated_at FROM videos "
            "UNION SELECT updated_at FROM modules UNION SELECT updated_at FROM lessons) AS changed"
        )
        assert [row[0] for row in times] == [2020]
        tags = await connection.fetch("SELECT name, video_count, archived_count FROM tags ORDER BY name")
        assert [tuple(row) for row in tags] == [("a", 1, 0), ("yoga", 1, 1)]
        words = await connection.fetch("SELECT word FROM search_words ORDER BY word")
        assert [row[0] for row in words] == ["alle", "fur", "second", "ubungen", "yoga"]
        assert await connection.fetchval("SELECT platform_mask FROM videos WHERE title = 'Übungen'") == 1 | 8
        assert await connection.fetchval("SELECT count(*) FROM videos WHERE search_document @@ 'ubungen'") == 1
        links = await connection.fetch("SELECT notes, assigned_to FROM video_pipeline_links")
        assert [tuple(row) for row in links] == [("new", None)]
        await connection.close()

    async def fill() -> None:
        connection = await asyncpg.connect(empty_database)
        await connection.execute(ROWS)
        await connection.close()

    asyncio.run(fill())
    upgrade(empty_database)
    asyncio.run(look())
    downgrade(empty_database, "foundation")
    assert catalogue(empty_database) == before


def test_a_dump_can_be_restored(empty_database: str) -> None:
    """A restore computes the derived columns with an empty search path."""
    upgrade(empty_database)

    async def insert() -> None:
        connection = await asyncpg.connect(empty_database)
        await connection.execute("SET search_path = ''; ALTER TABLE public.videos DISABLE TRIGGER USER")
        await connection.execute("INSERT INTO public.videos (title, tags) VALUES ('Restored', '{tag}')")
        await connection.execute("INSERT INTO public.tags (name, video_count) VALUES ('tag', 1)")
        await connection.execute("INSERT INTO public.search_words (word) VALUES ('restored')")
        found = await connection.fetchval("SELECT count(*) FROM public.videos WHERE search_document @@ 'restored'")
        assert found == 1
        await connection.close()

    asyncio.run(insert())


def test_the_seeds_schema_is_there(empty_database: str) -> None:
    """Seed 004, step 1: its tables, columns, indexes and triggers by their names."""
    upgrade(empty_database)
    found = catalogue(empty_database)
    columns = {name for kind, name in found if kind == "column"}
    for table, names in {
        "videos": "tags master_file_url visibility course_id module_id sort_order published_at migration_status "
        "pipeline_stage title description status thumbnail_url",
        "video_platforms": "video_id platform external_id external_url embed_url status privacy_level synced_at "
        "metadata created_at updated_at",
        "video_analytics": "video_id platform date views watch_time_minutes unique_viewers avg_watch_percentage "
        "likes comments shares created_at",
        "video_pipeline_links": "video_id pm_system project_id task_id pipeline_stage stage_changed_at assigned_to "
        "notes created_at updated_at",
        "encoding_jobs": "video_id status progress input_file_url output_manifest_url output_bucket output_key "
        "renditions thumbnail_urls attempt_count max_attempts next_retry_at last_error error_history alert_sent "
        "worker_id started_at completed_at created_at updated_at",
        "courses": "title slug",
        "modules": "course_id title sort_order",
        "lessons": "module_id video_id title sort_order videos documents",
    }.items():
        assert {f"{table}.{name}" for name in names.split()} <= columns
    indexes = {name for kind, name in found if kind == "index"}
    assert {
        "idx_video_platforms_video_id",
        "idx_video_platforms_platform",
        "idx_video_analytics_video_date",
        "idx_video_pipeline_stage",
        "idx_encoding_jobs_status",
        "idx_encoding_jobs_video_id",
        "idx_videos_tags",
        "idx_videos_course_id",
        "idx_videos_visibility",
    } <= indexes
    triggers = {name for kind, name in found if kind == "trigger"}
    assert {"video_platforms_updated_at", "video_pipeline_links_updated_at", "encoding_jobs_updated_at"} <= triggers


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO videos (title, visibility) VALUES ('x', 'secret')",
        "INSERT INTO videos (title, migration_status) VALUES ('x', 'gone')",
        "INSERT INTO videos (title, pipeline_stage) VALUES ('x', 'done')",
        "INSERT INTO videos (title) VALUES ('')",
        "INSERT INTO users (email, password_hash, role) VALUES ('a@b', 'x', 'owner')",
    ],
)
def test_checks_refuse_what_no_service_should_write(endpoints: Endpoints, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(endpoints.database_url)
        try:
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def test_updated_at_is_kept_by_the_database(endpoints: Endpoints) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(endpoints.database_url)
        key = await connection.fetchval("INSERT INTO videos (title) VALUES ('before') RETURNING id")
        first = await connection.fetchval("SELECT updated_at FROM videos WHERE id = $1", key)
        second = await connection.fetchval("UPDATE videos SET title = 'after' WHERE id = $1 RETURNING updated_at", key)
        await connection.close()
        assert second > first

    asyncio.run(run())
