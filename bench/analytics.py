"""``python -m bench.analytics [--rows 100000,10000000]``: the dashboard as daily numbers grow, as JSON.

Each size is a database of its own on one PostgreSQL: a year of two platforms' rows for as many videos as it takes. The
dashboard is totals, every day, every platform, the trend, and the ten most viewed videos over the last thirty days.
``ratio`` is its median time at the largest size over that at the smallest, measured in turns; the goal is 3. ``odd`` is
the same for thirty days that end yesterday, for which no sums of single videos are kept.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from cli.servers import embedded_servers
from shared.analytics import service as analytics_service
from shared.analytics.models import Metric
from shared.analytics.ranges import Range
from shared.analytics.schemas import TopMetric
from shared.clock import utc_now
from shared.config import Settings
from shared.db.migrate import upgrade
from shared.db.session import Database

GOAL = 3.0
DAYS, PLATFORMS = 365, ("hetzner", "vimeo")
SIZES = (100_000, 10_000_000)
_ROUNDS, _WARM = 40, 5
_UNIQUE = "uq_video_analytics_video_id_platform_date"
_INDEXES = ("idx_video_analytics_video_date", "idx_video_analytics_date")
# Popularity falls as one over the rank, with a good deal of chance from day to day.
_ROWS = f"""
INSERT INTO video_analytics (id, video_id, platform, date, views, watch_seconds, watch_time_minutes, errors)
SELECT uuidv7(), film.id, platform, day::date, of_day.views, of_day.views * 240, of_day.views * 4, of_day.views / 50
FROM generate_series($1::date - {DAYS - 1}, $1::date, '1 day') AS day,
    (SELECT id, row_number() OVER () AS rank FROM videos) AS film,
    unnest($2::text[]) AS platform,
    LATERAL (SELECT (random() * 20000 / (film.rank + 20))::int AS views) AS of_day
"""
_SUMS = f"""
INSERT INTO analytics_days SELECT platform, date, count(*),
    {", ".join(f"coalesce(sum({name}), 0)" for name in Metric)}, {", ".join(f"count({name})" for name in Metric)}
FROM video_analytics GROUP BY platform, date
"""


async def fill(url: str, rows: int, today: date) -> None:
    """Rows, indexes and sums as the triggers would have left them, without a trigger for each row."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '256MB'")
        await connection.execute("SET synchronous_commit = off")
        indexes = await connection.fetch("SELECT indexdef FROM pg_indexes WHERE indexname = ANY ($1)", list(_INDEXES))
        await connection.execute(f"ALTER TABLE video_analytics DROP CONSTRAINT {_UNIQUE}")
        await connection.execute(f"DROP INDEX {', '.join(_INDEXES)}")
        videos = rows // (DAYS * len(PLATFORMS))
        await connection.execute("INSERT INTO videos (title) SELECT 'film ' || n FROM generate_series(1, $1) n", videos)
        await connection.execute(_ROWS, today, list(PLATFORMS))
        await connection.execute(
            f"ALTER TABLE video_analytics ADD CONSTRAINT {_UNIQUE} UNIQUE (video_id, platform, date)"
        )
        for index in indexes:
            await connection.execute(index["indexdef"])
        await connection.execute(_SUMS)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


class Site:
    """The database of one size."""

    def __init__(self, url: str, rows: int) -> None:
        self.rows = rows
        self.database = Database(Settings.model_construct(database_url=SecretStr(url)), pool_size=1)
        self.seconds: dict[str, list[float]] = {"dashboard": [], "odd": []}

    async def dashboard(self, wanted: Range) -> float:
        """Seconds that it takes."""
        began = time.perf_counter()
        async with self.database.session() as session:
            found = await analytics_service.library(session, wanted, None)
            first = await analytics_service.top(session, TopMetric.views, wanted, None, limit=10)
        took = time.perf_counter() - began
        if len(found.by_day) != wanted.days or len(found.by_platform) != len(PLATFORMS) or len(first.items) != 10:
            raise RuntimeError("the dashboard is not whole")
        return took


async def compare(sites: list[Site], today: date) -> None:
    """All sizes in turn."""
    window = Range(today - timedelta(days=29), today)
    odd = Range(today - timedelta(days=30), today - timedelta(days=1))
    for site in sites:
        async with site.database.session() as session:
            await analytics_service.keep_window(session, today=today)
    for turn in range(_ROUNDS + _WARM):
        for site in sites if turn % 2 else reversed(sites):
            took = await site.dashboard(window)
            if turn >= _WARM:
                site.seconds["dashboard"].append(took)
    for turn in range(4):
        for site in sites:
            took = await site.dashboard(odd)
            if turn:
                site.seconds["odd"].append(took)


async def measure(base: str, sizes: list[int]) -> dict[str, Any]:
    """Fill a database of each size, and compare them."""
    today = utc_now().date()
    sites = []
    async with AsyncExitStack() as stack:
        for rows in sizes:
            name = f"bench_{rows}"
            connection = await asyncpg.connect(base)
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()
            url = make_url(base).set(database=name).render_as_string(hide_password=False)
            await asyncio.to_thread(upgrade, url)
            began = time.monotonic()
            await fill(url, rows, today)
            print(f"  {rows:,} rows in {time.monotonic() - began:.0f} s", file=sys.stderr)
            site = Site(url, rows)
            stack.push_async_callback(site.database.dispose)
            sites.append(site)
        await compare(sites, today)
    medians = {kind: [statistics.median(site.seconds[kind]) for site in sites] for kind in ("dashboard", "odd")}
    return {
        "rows": sizes,
        **{f"{kind}Ms": [round(1000 * value, 2) for value in values] for kind, values in medians.items()},
        "ratio": round(medians["dashboard"][-1] / medians["dashboard"][0], 3),
        "oddRatio": round(medians["odd"][-1] / medians["odd"][0], 1),
        "goal": GOAL,
        "met": medians["dashboard"][-1] <= GOAL * medians["dashboard"][0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.analytics", description=__doc__)
    parser.add_argument("--rows", default=",".join(map(str, SIZES)), help="comma list of sizes, smallest first")
    sizes = [int(size) for size in parser.parse_args().rows.split(",")]
    with (
        tempfile.TemporaryDirectory(prefix="vms-bench-") as directory,
        embedded_servers(Path(directory) / "stack") as endpoints,
    ):
        assert endpoints.database_url is not None
        result = asyncio.run(measure(endpoints.database_url, sizes))
    print(json.dumps(result, indent=2))
    sys.exit(0 if result["met"] else 1)


if __name__ == "__main__":
    main()
