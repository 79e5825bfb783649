"""Viewings, and the daily numbers that they and Vimeo's add up to.

Revision ID: analytics
Revises: delivery
"""

from alembic import op

revision = "analytics"
down_revision: str | None = "delivery"
branch_labels: str | None = None
depends_on: str | None = None

_COUNTS = ("views", "watch_time_minutes", "unique_viewers", "likes", "comments", "shares")
_ADDED = (
    "watch_seconds BIGINT",
    "errors INTEGER",
    "reached_25 INTEGER",
    "reached_50 INTEGER",
    "reached_75 INTEGER",
    "reached_100 INTEGER",
)

TABLES: tuple[str, ...] = (
    """
CREATE TABLE viewings (
    id UUID NOT NULL,
    video_id UUID NOT NULL,
    day DATE NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    watched_seconds FLOAT NOT NULL,
    quartile SMALLINT NOT NULL,
    started BOOLEAN NOT NULL,
    ended BOOLEAN NOT NULL,
    error_code TEXT,
    pending BOOLEAN NOT NULL,
    CONSTRAINT pk_viewings PRIMARY KEY (id)
)
""",
    """
CREATE TABLE analytics_days (
    platform TEXT NOT NULL,
    date DATE NOT NULL,
    row_count BIGINT NOT NULL,
    views BIGINT NOT NULL,
    watch_seconds BIGINT NOT NULL,
    unique_viewers BIGINT NOT NULL,
    likes BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    shares BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    reached_25 BIGINT NOT NULL,
    reached_50 BIGINT NOT NULL,
    reached_75 BIGINT NOT NULL,
    reached_100 BIGINT NOT NULL,
    views_known BIGINT NOT NULL,
    watch_seconds_known BIGINT NOT NULL,
    unique_viewers_known BIGINT NOT NULL,
    likes_known BIGINT NOT NULL,
    comments_known BIGINT NOT NULL,
    shares_known BIGINT NOT NULL,
    errors_known BIGINT NOT NULL,
    reached_25_known BIGINT NOT NULL,
    reached_50_known BIGINT NOT NULL,
    reached_75_known BIGINT NOT NULL,
    reached_100_known BIGINT NOT NULL,
    CONSTRAINT pk_analytics_days PRIMARY KEY (platform, date)
)
""",
    """
CREATE TABLE video_windows (
    platform TEXT NOT NULL,
    video_id UUID NOT NULL,
    row_count BIGINT NOT NULL,
    views BIGINT NOT NULL,
    watch_seconds BIGINT NOT NULL,
    unique_viewers BIGINT NOT NULL,
    likes BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    shares BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    reached_25 BIGINT NOT NULL,
    reached_50 BIGINT NOT NULL,
    reached_75 BIGINT NOT NULL,
    reached_100 BIGINT NOT NULL,
    CONSTRAINT pk_video_windows PRIMARY KEY (platform, video_id)
)
""",
    """
CREATE TABLE analytics_window (
    id INTEGER NOT NULL,
    from_date DATE NOT NULL,
    to_date DATE NOT NULL,
    CONSTRAINT pk_analytics_window PRIMARY KEY (id)
)
""",
)

FUNCTIONS: tuple[str, ...] = (
    """
CREATE FUNCTION vms_analytics_minutes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.watch_time_minutes IS NOT NULL AND (
        NEW.watch_seconds IS NULL OR TG_OP = 'UPDATE' AND NEW.watch_seconds IS NOT DISTINCT FROM OLD.watch_seconds
        AND NEW.watch_time_minutes IS DISTINCT FROM OLD.watch_time_minutes
    ) THEN
        NEW.watch_seconds = NEW.watch_time_minutes * 60::bigint;
    ELSE
        NEW.watch_time_minutes = round(NEW.watch_seconds / 60.0);
    END IF;
    RETURN NEW;
END;
$$
""",
    """
CREATE FUNCTION vms_analytics_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    INSERT INTO analytics_days AS sums (platform, date, row_count, views, watch_seconds, unique_viewers, likes, comments, shares, errors, reached_25, reached_50, reached_75, reached_100, views_known, watch_seconds_known, unique_viewers_known, likes_known, comments_known, shares_known, errors_known, reached_25_known, reached_50_known, reached_75_known, reached_100_known)
    SELECT platform, date, sum(sign),
        coalesce(sum(sign * views), 0),
        coalesce(sum(sign * watch_seconds), 0),
        coalesce(sum(sign * unique_viewers), 0),
        coalesce(sum(sign * likes), 0),
        coalesce(sum(sign * comments), 0),
        coalesce(sum(sign * shares), 0),
        coalesce(sum(sign * errors), 0),
        coalesce(sum(sign * reached_25), 0),
        coalesce(sum(sign * reached_50), 0),
        coalesce(sum(sign * reached_75), 0),
        coalesce(sum(sign * reached_100), 0),
        coalesce(sum(sign) FILTER (WHERE views IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE watch_seconds IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE unique_viewers IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE likes IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE comments IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE shares IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE errors IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_25 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_50 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_75 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_100 IS NOT NULL), 0)
    FROM (SELECT 1 AS sign, * FROM added) AS change
    GROUP BY platform, date
    ORDER BY platform, date
    ON CONFLICT (platform, date) DO UPDATE SET
        row_count = sums.row_count + EXCLUDED.row_count,
        views = sums.views + EXCLUDED.views,
        watch_seconds = sums.watch_seconds + EXCLUDED.watch_seconds,
        unique_viewers = sums.unique_viewers + EXCLUDED.unique_viewers,
        likes = sums.likes + EXCLUDED.likes,
        comments = sums.comments + EXCLUDED.comments,
        shares = sums.shares + EXCLUDED.shares,
        errors = sums.errors + EXCLUDED.errors,
        reached_25 = sums.reached_25 + EXCLUDED.reached_25,
        reached_50 = sums.reached_50 + EXCLUDED.reached_50,
        reached_75 = sums.reached_75 + EXCLUDED.reached_75,
        reached_100 = sums.reached_100 + EXCLUDED.reached_100,
        views_known = sums.views_known + EXCLUDED.views_known,
        watch_seconds_known = sums.watch_seconds_known + EXCLUDED.watch_seconds_known,
        unique_viewers_known = sums.unique_viewers_known + EXCLUDED.unique_viewers_known,
        likes_known = sums.likes_known + EXCLUDED.likes_known,
        comments_known = sums.comments_known + EXCLUDED.comments_known,
        shares_known = sums.shares_known + EXCLUDED.shares_known,
        errors_known = sums.errors_known + EXCLUDED.errors_known,
        reached_25_known = sums.reached_25_known + EXCLUDED.reached_25_known,
        reached_50_known = sums.reached_50_known + EXCLUDED.reached_50_known,
        reached_75_known = sums.reached_75_known + EXCLUDED.reached_75_known,
        reached_100_known = sums.reached_100_known + EXCLUDED.reached_100_known;
    SELECT from_date, to_date INTO kept FROM analytics_window FOR SHARE;
    INSERT INTO video_windows AS sums (platform, video_id, row_count, views, watch_seconds, unique_viewers, likes, comments, shares, errors, reached_25, reached_50, reached_75, reached_100)
    SELECT scope, video_id, sum(sign),
        coalesce(sum(sign * views), 0),
        coalesce(sum(sign * watch_seconds), 0),
        coalesce(sum(sign * unique_viewers), 0),
        coalesce(sum(sign * likes), 0),
        coalesce(sum(sign * comments), 0),
        coalesce(sum(sign * shares), 0),
        coalesce(sum(sign * errors), 0),
        coalesce(sum(sign * reached_25), 0),
        coalesce(sum(sign * reached_50), 0),
        coalesce(sum(sign * reached_75), 0),
        coalesce(sum(sign * reached_100), 0)
    FROM (SELECT 1 AS sign, * FROM added) AS change, LATERAL (VALUES ('all'), (platform)) AS scopes(scope)
    WHERE date BETWEEN kept.from_date AND kept.to_date
    GROUP BY scope, video_id
    ORDER BY scope, video_id
    ON CONFLICT (platform, video_id) DO UPDATE SET
        row_count = sums.row_count + EXCLUDED.row_count,
        views = sums.views + EXCLUDED.views,
        watch_seconds = sums.watch_seconds + EXCLUDED.watch_seconds,
        unique_viewers = sums.unique_viewers + EXCLUDED.unique_viewers,
        likes = sums.likes + EXCLUDED.likes,
        comments = sums.comments + EXCLUDED.comments,
        shares = sums.shares + EXCLUDED.shares,
        errors = sums.errors + EXCLUDED.errors,
        reached_25 = sums.reached_25 + EXCLUDED.reached_25,
        reached_50 = sums.reached_50 + EXCLUDED.reached_50,
        reached_75 = sums.reached_75 + EXCLUDED.reached_75,
        reached_100 = sums.reached_100 + EXCLUDED.reached_100;
    RETURN NULL;
END;
$$
""",
    """
CREATE FUNCTION vms_analytics_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    INSERT INTO analytics_days AS sums (platform, date, row_count, views, watch_seconds, unique_viewers, likes, comments, shares, errors, reached_25, reached_50, reached_75, reached_100, views_known, watch_seconds_known, unique_viewers_known, likes_known, comments_known, shares_known, errors_known, reached_25_known, reached_50_known, reached_75_known, reached_100_known)
    SELECT platform, date, sum(sign),
        coalesce(sum(sign * views), 0),
        coalesce(sum(sign * watch_seconds), 0),
        coalesce(sum(sign * unique_viewers), 0),
        coalesce(sum(sign * likes), 0),
        coalesce(sum(sign * comments), 0),
        coalesce(sum(sign * shares), 0),
        coalesce(sum(sign * errors), 0),
        coalesce(sum(sign * reached_25), 0),
        coalesce(sum(sign * reached_50), 0),
        coalesce(sum(sign * reached_75), 0),
        coalesce(sum(sign * reached_100), 0),
        coalesce(sum(sign) FILTER (WHERE views IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE watch_seconds IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE unique_viewers IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE likes IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE comments IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE shares IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE errors IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_25 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_50 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_75 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_100 IS NOT NULL), 0)
    FROM (SELECT 1 AS sign, * FROM added UNION ALL SELECT -1 AS sign, * FROM removed) AS change
    GROUP BY platform, date
    ORDER BY platform, date
    ON CONFLICT (platform, date) DO UPDATE SET
        row_count = sums.row_count + EXCLUDED.row_count,
        views = sums.views + EXCLUDED.views,
        watch_seconds = sums.watch_seconds + EXCLUDED.watch_seconds,
        unique_viewers = sums.unique_viewers + EXCLUDED.unique_viewers,
        likes = sums.likes + EXCLUDED.likes,
        comments = sums.comments + EXCLUDED.comments,
        shares = sums.shares + EXCLUDED.shares,
        errors = sums.errors + EXCLUDED.errors,
        reached_25 = sums.reached_25 + EXCLUDED.reached_25,
        reached_50 = sums.reached_50 + EXCLUDED.reached_50,
        reached_75 = sums.reached_75 + EXCLUDED.reached_75,
        reached_100 = sums.reached_100 + EXCLUDED.reached_100,
        views_known = sums.views_known + EXCLUDED.views_known,
        watch_seconds_known = sums.watch_seconds_known + EXCLUDED.watch_seconds_known,
        unique_viewers_known = sums.unique_viewers_known + EXCLUDED.unique_viewers_known,
        likes_known = sums.likes_known + EXCLUDED.likes_known,
        comments_known = sums.comments_known + EXCLUDED.comments_known,
        shares_known = sums.shares_known + EXCLUDED.shares_known,
        errors_known = sums.errors_known + EXCLUDED.errors_known,
        reached_25_known = sums.reached_25_known + EXCLUDED.reached_25_known,
        reached_50_known = sums.reached_50_known + EXCLUDED.reached_50_known,
        reached_75_known = sums.reached_75_known + EXCLUDED.reached_75_known,
        reached_100_known = sums.reached_100_known + EXCLUDED.reached_100_known;
    SELECT from_date, to_date INTO kept FROM analytics_window FOR SHARE;
    INSERT INTO video_windows AS sums (platform, video_id, row_count, views, watch_seconds, unique_viewers, likes, comments, shares, errors, reached_25, reached_50, reached_75, reached_100)
    SELECT scope, video_id, sum(sign),
        coalesce(sum(sign * views), 0),
        coalesce(sum(sign * watch_seconds), 0),
        coalesce(sum(sign * unique_viewers), 0),
        coalesce(sum(sign * likes), 0),
        coalesce(sum(sign * comments), 0),
        coalesce(sum(sign * shares), 0),
        coalesce(sum(sign * errors), 0),
        coalesce(sum(sign * reached_25), 0),
        coalesce(sum(sign * reached_50), 0),
        coalesce(sum(sign * reached_75), 0),
        coalesce(sum(sign * reached_100), 0)
    FROM (SELECT 1 AS sign, * FROM added UNION ALL SELECT -1 AS sign, * FROM removed) AS change, LATERAL (VALUES ('all'), (platform)) AS scopes(scope)
    WHERE date BETWEEN kept.from_date AND kept.to_date
    GROUP BY scope, video_id
    ORDER BY scope, video_id
    ON CONFLICT (platform, video_id) DO UPDATE SET
        row_count = sums.row_count + EXCLUDED.row_count,
        views = sums.views + EXCLUDED.views,
        watch_seconds = sums.watch_seconds + EXCLUDED.watch_seconds,
        unique_viewers = sums.unique_viewers + EXCLUDED.unique_viewers,
        likes = sums.likes + EXCLUDED.likes,
        comments = sums.comments + EXCLUDED.comments,
        shares = sums.shares + EXCLUDED.shares,
        errors = sums.errors + EXCLUDED.errors,
        reached_25 = sums.reached_25 + EXCLUDED.reached_25,
        reached_50 = sums.reached_50 + EXCLUDED.reached_50,
        reached_75 = sums.reached_75 + EXCLUDED.reached_75,
        reached_100 = sums.reached_100 + EXCLUDED.reached_100;
    RETURN NULL;
END;
$$
""",
    """
CREATE FUNCTION vms_analytics_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    INSERT INTO analytics_days AS sums (platform, date, row_count, views, watch_seconds, unique_viewers, likes, comments, shares, errors, reached_25, reached_50, reached_75, reached_100, views_known, watch_seconds_known, unique_viewers_known, likes_known, comments_known, shares_known, errors_known, reached_25_known, reached_50_known, reached_75_known, reached_100_known)
    SELECT platform, date, sum(sign),
        coalesce(sum(sign * views), 0),
        coalesce(sum(sign * watch_seconds), 0),
        coalesce(sum(sign * unique_viewers), 0),
        coalesce(sum(sign * likes), 0),
        coalesce(sum(sign * comments), 0),
        coalesce(sum(sign * shares), 0),
        coalesce(sum(sign * errors), 0),
        coalesce(sum(sign * reached_25), 0),
        coalesce(sum(sign * reached_50), 0),
        coalesce(sum(sign * reached_75), 0),
        coalesce(sum(sign * reached_100), 0),
        coalesce(sum(sign) FILTER (WHERE views IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE watch_seconds IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE unique_viewers IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE likes IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE comments IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE shares IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE errors IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_25 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_50 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_75 IS NOT NULL), 0),
        coalesce(sum(sign) FILTER (WHERE reached_100 IS NOT NULL), 0)
    FROM (SELECT -1 AS sign, * FROM removed) AS change
    GROUP BY platform, date
    ORDER BY platform, date
    ON CONFLICT (platform, date) DO UPDATE SET
        row_count = sums.row_count + EXCLUDED.row_count,
        views = sums.views + EXCLUDED.views,
        watch_seconds = sums.watch_seconds + EXCLUDED.watch_seconds,
        unique_viewers = sums.unique_viewers + EXCLUDED.unique_viewers,
        likes = sums.likes + EXCLUDED.likes,
        comments = sums.comments + EXCLUDED.comments,
        shares = sums.shares + EXCLUDED.shares,
        errors = sums.errors + EXCLUDED.errors,
        reached_25 = sums.reached_25 + EXCLUDED.reached_25,
        reached_50 = sums.reached_50 + EXCLUDED.reached_50,
        reached_75 = sums.reached_75 + EXCLUDED.reached_75,
        reached_100 = sums.reached_100 + EXCLUDED.reached_100,
        views_known = sums.views_known + EXCLUDED.views_known,
        watch_seconds_known = sums.watch_seconds_known + EXCLUDED.watch_seconds_known,
        unique_viewers_known = sums.unique_viewers_known + EXCLUDED.unique_viewers_known,
        likes_known = sums.likes_known + EXCLUDED.likes_known,
        comments_known = sums.comments_known + EXCLUDED.comments_known,
        shares_known = sums.shares_known + EXCLUDED.shares_known,
        errors_known = sums.errors_known + EXCLUDED.errors_known,
        reached_25_known = sums.reached_25_known + EXCLUDED.reached_25_known,
        reached_50_known = sums.reached_50_known + EXCLUDED.reached_50_known,
        reached_75_known = sums.reached_75_known + EXCLUDED.reached_75_known,
        reached_100_known = sums.reached_100_known + EXCLUDED.reached_100_known;
    SELECT from_date, to_date INTO kept FROM analytics_window FOR SHARE;
    INSERT INTO video_windows AS sums (platform, video_id, row_count, views, watch_seconds, unique_viewers, likes, comments, shares, errors, reached_25, reached_50, reached_75, reached_100)
    SELECT scope, video_id, sum(sign),
        coalesce(sum(sign * views), 0),
        coalesce(sum(sign * watch_seconds), 0),
        coalesce(sum(sign * unique_viewers), 0),
        coalesce(sum(sign * likes), 0),
        coalesce(sum(sign * comments), 0),
        coalesce(sum(sign * shares), 0),
        coalesce(sum(sign * errors), 0),
        coalesce(sum(sign * reached_25), 0),
        coalesce(sum(sign * reached_50), 0),
        coalesce(sum(sign * reached_75), 0),
        coalesce(sum(sign * reached_100), 0)
    FROM (SELECT -1 AS sign, * FROM removed) AS change, LATERAL (VALUES ('all'), (platform)) AS scopes(scope)
    WHERE date BETWEEN kept.from_date AND kept.to_date
    GROUP BY scope, video_id
    ORDER BY scope, video_id
    ON CONFLICT (platform, video_id) DO UPDATE SET
        row_count = sums.row_count + EXCLUDED.row_count,
        views = sums.views + EXCLUDED.views,
        watch_seconds = sums.watch_seconds + EXCLUDED.watch_seconds,
        unique_viewers = sums.unique_viewers + EXCLUDED.unique_viewers,
        likes = sums.likes + EXCLUDED.likes,
        comments = sums.comments + EXCLUDED.comments,
        shares = sums.shares + EXCLUDED.shares,
        errors = sums.errors + EXCLUDED.errors,
        reached_25 = sums.reached_25 + EXCLUDED.reached_25,
        reached_50 = sums.reached_50 + EXCLUDED.reached_50,
        reached_75 = sums.reached_75 + EXCLUDED.reached_75,
        reached_100 = sums.reached_100 + EXCLUDED.reached_100;
    RETURN NULL;
END;
$$
""",
)

TRIGGERS: tuple[str, ...] = (
    """CREATE TRIGGER video_analytics_minutes BEFORE INSERT OR UPDATE ON video_analytics
    FOR EACH ROW EXECUTE FUNCTION vms_analytics_minutes()""",
    """CREATE TRIGGER video_analytics_inserted AFTER INSERT ON video_analytics REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION vms_analytics_inserted()""",
    """CREATE TRIGGER video_analytics_updated AFTER UPDATE ON video_analytics REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION vms_analytics_updated()""",
    """CREATE TRIGGER video_analytics_deleted AFTER DELETE ON video_analytics REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION vms_analytics_deleted()""",
)

STATEMENTS: tuple[str, ...] = (
    "SET LOCAL lock_timeout = '5s'",
    *TABLES,
    "CREATE INDEX idx_viewings_video_id_day ON viewings (video_id, day)",
    "CREATE INDEX idx_viewings_pending ON viewings (video_id, day) WHERE pending",
    "CREATE INDEX idx_viewings_begun_at ON viewings USING brin (begun_at)",
    "CREATE INDEX idx_video_windows_views ON video_windows (platform, views DESC, video_id)",
    "CREATE INDEX idx_video_windows_watch_seconds ON video_windows (platform, watch_seconds DESC, video_id)",
    # A window without a day: the control worker moves it.
    "INSERT INTO analytics_window (id, from_date, to_date) VALUES (1, '2000-01-01', '1999-12-31')",
    "ALTER TABLE video_analytics " + ", ".join(f"ADD COLUMN {column}" for column in _ADDED),
    "ALTER TABLE video_analytics "
    + ", ".join(f"ALTER COLUMN {name} DROP NOT NULL, ALTER COLUMN {name} DROP DEFAULT" for name in _COUNTS),
    "UPDATE video_analytics SET watch_seconds = watch_time_minutes * 60::bigint",
    "CREATE INDEX idx_video_analytics_date ON video_analytics (date, platform, video_id)",
    """
INSERT INTO analytics_days
SELECT platform, date, count(*),
    coalesce(sum(views), 0),
    coalesce(sum(watch_seconds), 0),
    coalesce(sum(unique_viewers), 0),
    coalesce(sum(likes), 0),
    coalesce(sum(comments), 0),
    coalesce(sum(shares), 0),
    coalesce(sum(errors), 0),
    coalesce(sum(reached_25), 0),
    coalesce(sum(reached_50), 0),
    coalesce(sum(reached_75), 0),
    coalesce(sum(reached_100), 0),
    count(views),
    count(watch_seconds),
    count(unique_viewers),
    count(likes),
    count(comments),
    count(shares),
    count(errors),
    count(reached_25),
    count(reached_50),
    count(reached_75),
    count(reached_100)
FROM video_analytics GROUP BY platform, date
""",
    *FUNCTIONS,
    *TRIGGERS,
)

DOWN: tuple[str, ...] = (
    "SET LOCAL lock_timeout = '5s'",
    "DROP TRIGGER video_analytics_deleted ON video_analytics",
    "DROP TRIGGER video_analytics_updated ON video_analytics",
    "DROP TRIGGER video_analytics_inserted ON video_analytics",
    "DROP TRIGGER video_analytics_minutes ON video_analytics",
    "DROP FUNCTION vms_analytics_deleted, vms_analytics_updated, vms_analytics_inserted, vms_analytics_minutes",
    "DROP INDEX idx_video_analytics_date",
    "UPDATE video_analytics SET " + ", ".join(f"{name} = coalesce({name}, 0)" for name in _COUNTS),
    "ALTER TABLE video_analytics "
    + ", ".join(f"ALTER COLUMN {name} SET NOT NULL, ALTER COLUMN {name} SET DEFAULT 0" for name in _COUNTS),
    "ALTER TABLE video_analytics " + ", ".join(f"DROP COLUMN {column.split()[0]}" for column in _ADDED),
    "DROP TABLE analytics_window, video_windows, analytics_days, viewings",
)


def upgrade() -> None:
    """Apply this revision."""
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
