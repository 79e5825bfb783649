"""What the database itself keeps about videos: folded text, the search document, tag counts, words, platform bits.

The migrations carry their own copies, frozen; a test compares the two.
"""

# Case, accents and width do not count: Übung = ubung, Ёлка = елка, ﬁ = fi. STRASSE = straße.
FOLD = r"""
CREATE OR REPLACE FUNCTION vms_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(normalize(casefold(value COLLATE pg_unicode_fast), NFKD), '[\u0300-\u036f]+', '', 'g')
"""

# The words of a text, folded, between single spaces.
WORDS = r"""
CREATE OR REPLACE FUNCTION vms_words(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(vms_fold(value) COLLATE pg_unicode_fast, '[^[:alnum:]]+', ' ', 'g'))
"""

# Each run of three characters of a word between two spaces and one, as pg_trgm counts them.
TRIGRAMS = """
CREATE OR REPLACE FUNCTION vms_trigrams(word text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT substr('  ' || word || ' ', i, 3) FROM generate_series(1, char_length(word) + 1) AS i)
"""

# Every word as it is written (for prefixes) and its stems in three languages (for other forms of it). A restore from a
# dump computes it with an empty search path, so the function of ours is named with its schema.
SEARCH_DOCUMENT = """
CREATE OR REPLACE FUNCTION vms_search_document(title text, description text, tags text[]) RETURNS tsvector
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
"""

# New words of some texts, for the comparison with mistyped ones. In the order of the words, as below.
NOTE_WORDS = """
CREATE OR REPLACE FUNCTION vms_note_words(texts text[]) RETURNS void LANGUAGE plpgsql AS $$
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
"""

# A statement that changes the tags of many videos touches each tag once, in the order of their names: two such
# statements wait for each other and never lock each other out.
COUNT_TAGS = """
CREATE OR REPLACE FUNCTION vms_count_tags(names text[], active bigint[], archived bigint[]) RETURNS void
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
"""

VIDEOS_INSERTED = """
CREATE OR REPLACE FUNCTION vms_videos_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

VIDEOS_UPDATED = """
CREATE OR REPLACE FUNCTION vms_videos_updated() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

VIDEOS_DELETED = """
CREATE OR REPLACE FUNCTION vms_videos_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM vms_count_tags(array_agg(name), array_agg(active), array_agg(archived)) FROM (
        SELECT name, -count(*) FILTER (WHERE status = 'active') AS active,
            -count(*) FILTER (WHERE status <> 'active') AS archived
        FROM removed, unnest(tags) AS name GROUP BY name
    ) AS change;
    RETURN NULL;
END;
$$
"""

STAGE_CHANGED = """
CREATE OR REPLACE FUNCTION vms_video_stage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE video_pipeline_links SET pipeline_stage = NEW.pipeline_stage, stage_changed_at = now()
    WHERE video_id = NEW.id;
    RETURN NULL;
END;
$$
"""

# The bits of videos.platform_mask (shared/platforms/models.py).
PLATFORM_BIT = """
CREATE OR REPLACE FUNCTION vms_platform_bit(platform text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE platform WHEN 'vimeo' THEN 1 WHEN 'youtube' THEN 2 WHEN 'hetzner' THEN 4 WHEN 'kinescope' THEN 8 END
"""

PLATFORMS_INSERTED = """
CREATE OR REPLACE FUNCTION vms_platforms_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE videos SET platform_mask = videos.platform_mask | fresh.mask
    FROM (SELECT video_id, bit_or(vms_platform_bit(platform)) AS mask FROM added GROUP BY video_id) AS fresh
    WHERE videos.id = fresh.video_id AND videos.platform_mask & fresh.mask <> fresh.mask;
    RETURN NULL;
END;
$$
"""

PLATFORMS_DELETED = """
CREATE OR REPLACE FUNCTION vms_platforms_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE videos SET platform_mask = videos.platform_mask & ~gone.mask
    FROM (SELECT video_id, bit_or(vms_platform_bit(platform)) AS mask FROM removed GROUP BY video_id) AS gone
    WHERE videos.id = gone.video_id AND videos.platform_mask & gone.mask <> 0;
    RETURN NULL;
END;
$$
"""

_EACH = "FOR EACH STATEMENT EXECUTE FUNCTION"
_OLD, _NEW = "OLD TABLE AS removed", "NEW TABLE AS added"
TRIGGERS = (
    f"CREATE TRIGGER videos_inserted AFTER INSERT ON videos REFERENCING {_NEW} {_EACH} vms_videos_inserted()",
    f"CREATE TRIGGER videos_updated AFTER UPDATE ON videos REFERENCING {_OLD} {_NEW} {_EACH} vms_videos_updated()",
    f"CREATE TRIGGER videos_deleted AFTER DELETE ON videos REFERENCING {_OLD} {_EACH} vms_videos_deleted()",
    """
    CREATE TRIGGER videos_stage_changed AFTER UPDATE OF pipeline_stage ON videos FOR EACH ROW
    WHEN (OLD.pipeline_stage IS DISTINCT FROM NEW.pipeline_stage) EXECUTE FUNCTION vms_video_stage_changed()
    """,
    f"""
    CREATE TRIGGER video_platforms_inserted AFTER INSERT ON video_platforms
    REFERENCING {_NEW} {_EACH} vms_platforms_inserted()
    """,
    f"""
    CREATE TRIGGER video_platforms_deleted AFTER DELETE ON video_platforms
    REFERENCING {_OLD} {_EACH} vms_platforms_deleted()
    """,
)
# So that the planner knows how often ten thousand words are used, and not only the most common thousand.
STATISTICS = "ALTER TABLE videos ALTER COLUMN search_document SET STATISTICS 1000"
# Before the tables, whose columns are computed by them.
FUNCTIONS = (
    FOLD,
    WORDS,
    TRIGRAMS,
    SEARCH_DOCUMENT,
    NOTE_WORDS,
    COUNT_TAGS,
    VIDEOS_INSERTED,
    VIDEOS_UPDATED,
    VIDEOS_DELETED,
    STAGE_CHANGED,
    PLATFORM_BIT,
    PLATFORMS_INSERTED,
    PLATFORMS_DELETED,
)
