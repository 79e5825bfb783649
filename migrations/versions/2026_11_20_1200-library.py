"""The library: search, sorting and counting of videos, stage history, slugs, stored answers, sessions that show.

Revision ID: library
Revises: foundation
"""

from alembic import op

revision = "library"
down_revision: str | None = "foundation"
branch_labels: str | None = None
depends_on: str | None = None

FUNCTIONS = (
    r"""
CREATE FUNCTION vms_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(normalize(casefold(value COLLATE pg_unicode_fast), NFKD), '[\u0300-\u036f]+', '', 'g')
""",
    r"""
CREATE FUNCTION vms_words(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(vms_fold(value) COLLATE pg_unicode_fast, '[^[:alnum:]]+', ' ', 'g'))
""",
    r"""
CREATE FUNCTION vms_trigrams(word text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT substr('  ' || word || ' ', i, 3) FROM generate_series(1, char_length(word) + 1) AS i)
""",
    r"""
CREATE FUNCTION vms_search_document(title text, description text, tags text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    written text := concat_ws(' ', title, description, array_to_string(tags, ' '));
    plain text := regexp_replace(
        lower(normalize(written, NFKC) COLLATE pg_unicode_fast), '[^[:alnum:]]+', ' ', 'g'
    );
BEGIN
    RETURN strip(
        to_tsvector('pg_catalog.simple', public.vms_words(written))
        || to_tsvector('pg_catalog.english', plain)
        || to_tsvector('pg_catalog.german', plain)
        || to_tsvector('pg_catalog.russian', plain)
    );
END;
$$
""",
    r"""
CREATE FUNCTION vms_note_words(texts text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_words (word)
    SELECT DISTINCT found.word COLLATE "C"
    FROM unnest(texts) AS written, string_to_table(vms_words(written), ' ') AS found(word)
    WHERE char_length(found.word) BETWEEN 3 AND 40 AND found.word !~ '[0-9]'
        AND NOT EXISTS (SELECT FROM search_words AS known WHERE known.word = found.word COLLATE "C")
    ORDER BY 1
    ON CONFLICT DO NOTHING;
END;
$$
""",
    r"""
CREATE FUNCTION vms_count_tags(names text[], active bigint[], archived bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF names IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO tags AS tag (name, video_count, archived_count)
    SELECT * FROM unnest(names, active, archived) AS change(name, active, archived) ORDER BY change.name
    ON CONFLICT (name) DO UPDATE SET
        video_count = tag.video_count + EXCLUDED.video_count,
        archived_count = tag.archived_count + EXCLUDED.archived_count;
    DELETE FROM tags WHERE name = ANY (names) AND video_count <= 0 AND archived_count <= 0;
END;
$$
""",
    r"""
CREATE FUNCTION vms_videos_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM vms_note_words(array_agg(concat_ws(' ', title, description, array_to_string(tags, ' ')))) FROM added;
    PERFORM vms_count_tags(array_agg(name), array_agg(active), array_agg(archived)) FROM (
        SELECT name, count(*) FILTER (WHERE status = 'active') AS active,
            count(*) FILTER (WHERE status <> 'active') AS archived
        FROM added, unnest(tags) AS name GROUP BY name
    ) AS change;
    RETURN NULL;
END;
$$
""",
    r"""
CREATE FUNCTION vms_videos_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM vms_note_words(
        array_agg(concat_ws(' ', added.title, added.description, array_to_string(added.tags, ' ')))
    )
    FROM added JOIN removed USING (id)
    WHERE (added.title, added.description, added.tags)
        IS DISTINCT FROM (removed.title, removed.description, removed.tags)
    HAVING count(*) > 0;
    PERFORM vms_count_tags(array_agg(name), array_agg(active), array_agg(archived)) FROM (
        SELECT name, sum(active) AS active, sum(archived) AS archived
        FROM added JOIN removed USING (id), LATERAL (
            SELECT unnest(added.tags), (added.status = 'active')::int, (added.status <> 'active')::int
            UNION ALL
            SELECT unnest(removed.tags), -(removed.status = 'active')::int, -(removed.status <> 'active')::int
        ) AS one(name, active, archived)
        WHERE (added.tags, added.status) IS DISTINCT FROM (removed.tags, removed.status)
        GROUP BY name
        HAVING sum(active) <> 0 OR sum(archived) <> 0
    ) AS change;
    RETURN NULL;
END;
$$
""",
    r"""
CREATE FUNCTION vms_videos_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM vms_count_tags(array_agg(name), array_agg(active), array_agg(archived)) FROM (
        SELECT name, -count(*) FILTER (WHERE status = 'active') AS active,
            -count(*) FILTER (WHERE status <> 'active') AS archived
        FROM removed, unnest(tags) AS name GROUP BY name
    ) AS change;
    RETURN NULL;
END;
$$
""",
    r"""
CREATE FUNCTION vms_video_stage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE video_pipeline_links SET pipeline_stage = NEW.pipeline_stage, stage_changed_at = now()
    WHERE video_id = NEW.id;
    RETURN NULL;
END;
$$
""",
    r"""
CREATE FUNCTION vms_platform_bit(platform text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE platform WHEN 'vimeo' THEN 1 WHEN 'youtube' THEN 2 WHEN 'hetzner' THEN 4 WHEN 'kinescope' THEN 8 END
""",
    r"""
CREATE FUNCTION vms_platforms_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE videos SET platform_mask = videos.platform_mask | fresh.mask
    FROM (SELECT video_id, bit_or(vms_platform_bit(platform)) AS mask FROM added GROUP BY video_id) AS fresh
    WHERE videos.id = fresh.video_id AND videos.platform_mask & fresh.mask <> fresh.mask;
    RETURN NULL;
END;
$$
""",
    r"""
CREATE FUNCTION vms_platforms_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE videos SET platform_mask = videos.platform_mask & ~gone.mask
    FROM (SELECT video_id, bit_or(vms_platform_bit(platform)) AS mask FROM removed GROUP BY video_id) AS gone
    WHERE videos.id = gone.video_id AND videos.platform_mask & gone.mask <> 0;
    RETURN NULL;
END;
$$
""",
)

TRIGGERS = (
    "CREATE TRIGGER videos_inserted AFTER INSERT ON videos REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION vms_videos_inserted()",
    "CREATE TRIGGER videos_updated AFTER UPDATE ON videos REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION vms_videos_updated()",
    "CREATE TRIGGER videos_deleted AFTER DELETE ON videos REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION vms_videos_deleted()",
    "CREATE TRIGGER videos_stage_changed AFTER UPDATE OF pipeline_stage ON videos FOR EACH ROW WHEN (OLD.pipeline_stage IS DISTINCT FROM NEW.pipeline_stage) EXECUTE FUNCTION vms_video_stage_changed()",
    "CREATE TRIGGER video_platforms_inserted AFTER INSERT ON video_platforms REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION vms_platforms_inserted()",
    "CREATE TRIGGER video_platforms_deleted AFTER DELETE ON video_platforms REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION vms_platforms_deleted()",
)

ORDERS = ("created_at", "updated_at", "published_at", "title_key", "duration_seconds", "sort_order")

TABLES = (
    """
    CREATE TABLE video_stage_changes (
        id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT pk_video_stage_changes PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        video_id uuid NOT NULL
            CONSTRAINT fk_video_stage_changes_video_id REFERENCES videos (id) ON DELETE CASCADE,
        from_stage text NOT NULL CONSTRAINT ck_video_stage_changes_from_stage CHECK (from_stage IN (
            'draft', 'recording', 'editing', 'review', 'approved', 'processing', 'published', 'archived')),
        to_stage text NOT NULL CONSTRAINT ck_video_stage_changes_to_stage CHECK (to_stage IN (
            'draft', 'recording', 'editing', 'review', 'approved', 'processing', 'published', 'archived')),
        actor text NOT NULL
    )
    """,
    "CREATE INDEX idx_video_stage_changes_video_id ON video_stage_changes (video_id, created_at)",
    """
    CREATE TABLE tags (
        name text NOT NULL CONSTRAINT pk_tags PRIMARY KEY,
        video_count integer NOT NULL DEFAULT 0,
        archived_count integer NOT NULL DEFAULT 0,
        folded text COLLATE "C" GENERATED ALWAYS AS ("left"(vms_fold(name), 200)) STORED
    )
    """,
    "CREATE INDEX idx_tags_folded ON tags (folded)",
    """
    CREATE TABLE search_words (
        word text COLLATE "C" NOT NULL CONSTRAINT pk_search_words PRIMARY KEY,
        trigrams text[] GENERATED ALWAYS AS (vms_trigrams(word)) STORED
    )
    """,
    "CREATE INDEX idx_search_words_trigrams ON search_words USING gin (trigrams)",
    """
    CREATE TABLE idempotency_keys (
        id text NOT NULL CONSTRAINT pk_idempotency_keys PRIMARY KEY,
        fingerprint text NOT NULL,
        answer bytea,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX idx_idempotency_keys_created_at ON idempotency_keys (created_at)",
)

INDEXES = (
    "DROP INDEX idx_videos_visibility, idx_videos_course_id, idx_videos_created_at, idx_videos_tags",
    "CREATE INDEX idx_videos_visibility ON videos (status, visibility, created_at, id)",
    "CREATE INDEX idx_videos_migration_status ON videos (status, migration_status, created_at, id)",
    "CREATE INDEX idx_videos_pipeline_stage ON videos (status, pipeline_stage, created_at, id)",
    "CREATE INDEX idx_videos_platform_mask ON videos (status, platform_mask, created_at, id)",
    "CREATE INDEX idx_videos_course_id ON videos (course_id, sort_order, id)",
    "CREATE INDEX idx_videos_module_id ON videos (module_id)",
    "CREATE INDEX idx_videos_tags ON videos USING gin (tags) WITH (fastupdate = off)",
    "CREATE INDEX idx_videos_search ON videos USING gin (search_document) WITH (fastupdate = off)",
    *(f"CREATE INDEX idx_videos_by_{name} ON videos (status, {name}, id)" for name in ORDERS),
    "DROP INDEX idx_audit_log_object, idx_audit_log_created_at",
    "CREATE INDEX idx_audit_log_object ON audit_log (object_id, object_type, created_at, id)",
    "CREATE INDEX idx_audit_log_actor ON audit_log (actor, created_at, id)",
    "CREATE INDEX idx_audit_log_action ON audit_log (action, created_at, id)",
    "CREATE INDEX idx_audit_log_created_at ON audit_log (created_at, id)",
    "CREATE INDEX idx_courses_sort_order ON courses (sort_order, id)",
    "DROP INDEX idx_modules_course_id, idx_lessons_module_id, idx_video_pipeline_links_video_id",
    "CREATE INDEX idx_modules_course_id ON modules (course_id, sort_order, id)",
    "CREATE INDEX idx_lessons_module_id ON lessons (module_id, sort_order, id)",
    "CREATE UNIQUE INDEX idx_video_pipeline_links_video_id ON video_pipeline_links (video_id)",
)

BACKFILLED = ("videos", "modules", "lessons", "video_pipeline_links")

# Rows that are there already: their bits, words and tags. Links of one video beyond the newest have never been shown.
BACKFILL = (
    """
    UPDATE videos SET platform_mask = at.mask
    FROM (SELECT video_id, bit_or(vms_platform_bit(platform)) AS mask FROM video_platforms GROUP BY video_id) AS at
    WHERE at.video_id = videos.id
    """,
    """
    INSERT INTO search_words (word)
    SELECT DISTINCT found.word COLLATE "C"
    FROM videos, string_to_table(
        vms_words(concat_ws(' ', title, description, array_to_string(tags, ' '))), ' '
    ) AS found(word)
    WHERE char_length(found.word) BETWEEN 3 AND 40 AND found.word !~ '[0-9]'
    """,
    """
    INSERT INTO tags (name, video_count, archived_count)
    SELECT name, count(*) FILTER (WHERE status = 'active'), count(*) FILTER (WHERE status <> 'active')
    FROM videos, unnest(tags) AS name GROUP BY name
    """,
    """
    DELETE FROM video_pipeline_links AS link USING video_pipeline_links AS newer
    WHERE newer.video_id = link.video_id AND (newer.updated_at, newer.id) > (link.updated_at, link.id)
    """,
    "UPDATE video_pipeline_links SET assigned_to = NULL WHERE assigned_to NOT IN (SELECT id FROM users)",
)


def upgrade() -> None:
    version = op.get_bind().exec_driver_sql("SHOW server_version_num").scalar_one()
    if int(version) < 180000:
        raise RuntimeError(f"VMS needs PostgreSQL 18 or later (casefold, pg_unicode_fast); this is {version}")
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in FUNCTIONS:
        op.execute(statement)
    for statement in TABLES:
        op.execute(statement)
    op.execute(
        """
        ALTER TABLE videos
            ADD COLUMN title_key text COLLATE "C" GENERATED ALWAYS AS ("left"(vms_fold(title), 200)) STORED,
            ADD COLUMN search_document tsvector
                GENERATED ALWAYS AS (vms_search_document(title, description, tags)) STORED,
            ADD COLUMN platform_mask smallint NOT NULL DEFAULT 0
        """
    )
    op.execute("ALTER TABLE videos ALTER COLUMN search_document SET STATISTICS 1000")
    op.execute("ALTER TABLE sessions ADD COLUMN last_used_at timestamptz, ADD COLUMN user_agent text")
    op.execute("ALTER TABLE modules ADD COLUMN slug text")
    op.execute("ALTER TABLE lessons ADD COLUMN slug text")
    for table in BACKFILLED:  # nobody changed these rows now
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_updated_at")
    for table in ("modules", "lessons"):
        op.execute(f"UPDATE {table} SET slug = id::text")
    for statement in BACKFILL:
        op.execute(statement)
    for table in BACKFILLED:
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_updated_at")
    for table, parent in (("modules", "course_id"), ("lessons", "module_id")):
        op.execute(
            f"ALTER TABLE {table} ALTER COLUMN slug SET NOT NULL, "
            f"ADD CONSTRAINT uq_{table}_{parent}_slug UNIQUE ({parent}, slug)"
        )
    op.execute(
        "ALTER TABLE video_pipeline_links ADD CONSTRAINT fk_video_pipeline_links_assigned_to "
        "FOREIGN KEY (assigned_to) REFERENCES users (id) ON DELETE SET NULL"
    )
    for statement in INDEXES:
        op.execute(statement)
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for trigger, table in (
        ("videos_inserted", "videos"),
        ("videos_updated", "videos"),
        ("videos_deleted", "videos"),
        ("videos_stage_changed", "videos"),
        ("video_platforms_inserted", "video_platforms"),
        ("video_platforms_deleted", "video_platforms"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    op.execute(
        "DROP INDEX idx_videos_visibility, idx_videos_migration_status, idx_videos_pipeline_stage, idx_videos_course_id, "
        "idx_videos_module_id, idx_videos_tags, idx_videos_by_created_at, idx_videos_by_updated_at, "
        "idx_videos_by_published_at, idx_videos_by_duration_seconds, idx_videos_by_sort_order, idx_audit_log_object, "
        "idx_audit_log_actor, idx_audit_log_action, idx_audit_log_created_at, idx_courses_sort_order, "
        "idx_modules_course_id, idx_lessons_module_id, idx_video_pipeline_links_video_id"
    )
    op.execute("ALTER TABLE video_pipeline_links DROP CONSTRAINT fk_video_pipeline_links_assigned_to")
    op.execute("ALTER TABLE modules DROP COLUMN slug")
    op.execute("ALTER TABLE lessons DROP COLUMN slug")
    op.execute("ALTER TABLE sessions DROP COLUMN last_used_at, DROP COLUMN user_agent")
    op.execute("ALTER TABLE videos DROP COLUMN title_key, DROP COLUMN search_document, DROP COLUMN platform_mask")
    op.execute("DROP TABLE idempotency_keys, search_words, tags, video_stage_changes")
    op.execute("CREATE INDEX idx_videos_tags ON videos USING gin (tags)")
    op.execute("CREATE INDEX idx_videos_course_id ON videos (course_id)")
    op.execute("CREATE INDEX idx_videos_visibility ON videos (visibility)")
    op.execute("CREATE INDEX idx_videos_created_at ON videos (created_at DESC, id DESC)")
    op.execute("CREATE INDEX idx_audit_log_object ON audit_log (object_type, object_id)")
    op.execute("CREATE INDEX idx_audit_log_created_at ON audit_log (created_at)")
    op.execute("CREATE INDEX idx_modules_course_id ON modules (course_id, sort_order)")
    op.execute("CREATE INDEX idx_lessons_module_id ON lessons (module_id, sort_order)")
    op.execute("CREATE INDEX idx_video_pipeline_links_video_id ON video_pipeline_links (video_id)")
    for name in (
        "vms_platforms_deleted",
        "vms_platforms_inserted",
        "vms_platform_bit",
        "vms_video_stage_changed",
        "vms_videos_deleted",
        "vms_videos_updated",
        "vms_videos_inserted",
        "vms_count_tags",
        "vms_note_words",
        "vms_search_document",
        "vms_trigrams",
        "vms_words",
        "vms_fold",
    ):
        op.execute(f"DROP FUNCTION {name}")
