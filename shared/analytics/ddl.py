"""What the database itself keeps about daily numbers: minutes beside seconds, and the sums that the dashboard reads.

The triggers work in the transaction of whatever changes ``video_analytics``, whoever changes it, so the sums cannot be
forgotten. The migration carries its own copy, frozen; a test compares the two.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import DateTime

ALL_PLATFORMS: Final = "all"
TIME: Final = DateTime(timezone=True)
METRICS: Final = (
    "views",
    "watch_seconds",
    "unique_viewers",
    "likes",
    "comments",
    "shares",
    "errors",
    "reached_25",
    "reached_50",
    "reached_75",
    "reached_100",
)

# Seconds count; who writes minutes alone has written seconds too.
_MINUTES = """
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
"""
_ADDED, _REMOVED = "SELECT 1 AS sign, * FROM added", "SELECT -1 AS sign, * FROM removed"
_EVENTS = {
    "inserted": ("INSERT", "NEW TABLE AS added", _ADDED),
    "updated": ("UPDATE", "OLD TABLE AS removed NEW TABLE AS added", f"{_ADDED} UNION ALL {_REMOVED}"),
    "deleted": ("DELETE", "OLD TABLE AS removed", _REMOVED),
}


def _lines(expressions: Sequence[str]) -> str:
    return ",\n        ".join(expressions)


def _function(name: str, changes: str) -> str:
    known = [f"{metric}_known" for metric in METRICS]
    columns = ("row_count", *METRICS)
    sums = [f"coalesce(sum(sign * {metric}), 0)" for metric in METRICS]
    counts = [f"coalesce(sum(sign) FILTER (WHERE {metric} IS NOT NULL), 0)" for metric in METRICS]

    def add(table: str, names: tuple[str, ...]) -> str:
        return _lines([f"{column} = {table}.{column} + EXCLUDED.{column}" for column in names])

    return f"""
CREATE FUNCTION vms_analytics_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    INSERT INTO analytics_days AS sums (platform, date, {", ".join((*columns, *known))})
    SELECT platform, date, sum(sign),
        {_lines((*sums, *counts))}
    FROM ({changes}) AS change
    GROUP BY platform, date
    ORDER BY platform, date
    ON CONFLICT (platform, date) DO UPDATE SET
        {add("sums", (*columns, *known))};
    SELECT from_date, to_date INTO kept FROM analytics_window FOR SHARE;
    INSERT INTO video_windows AS sums (platform, video_id, {", ".join(columns)})
    SELECT scope, video_id, sum(sign),
        {_lines(sums)}
    FROM ({changes}) AS change, LATERAL (VALUES ('{ALL_PLATFORMS}'), (platform)) AS scopes(scope)
    WHERE date BETWEEN kept.from_date AND kept.to_date
    GROUP BY scope, video_id
    ORDER BY scope, video_id
    ON CONFLICT (platform, video_id) DO UPDATE SET
        {add("sums", columns)};
    RETURN NULL;
END;
$$
"""  # noqa: S608


FUNCTIONS: Final = (_MINUTES, *(_function(name, changes) for name, (_, _, changes) in _EVENTS.items()))
TRIGGERS: Final = (
    """CREATE TRIGGER video_analytics_minutes BEFORE INSERT OR UPDATE ON video_analytics
    FOR EACH ROW EXECUTE FUNCTION vms_analytics_minutes()""",
    *(
        f"CREATE TRIGGER video_analytics_{name} AFTER {event} ON video_analytics REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION vms_analytics_{name}()"
        for name, (event, tables, _) in _EVENTS.items()
    ),
)
