"""``python -m bench.api [--videos 10000,100000,1000000] [--quick]``: list, filter, search and detail as libraries grow.

Each size is a seeded database of its own on one PostgreSQL, with one API process. Latencies are of one client that
sends one request after the other, in turns between the sizes, so that the machine's moods hit all alike. Throughput
is of eight clients, in turns with a bare Starlette and asyncpg endpoint (``bench.api_bare``) that answers the same JSON
from the same rows. Everything that counts is a ratio from one run:

- the list, first page and page 10 000, at the largest size over the smallest (p50): at most 1.2;
- requests per second of the list over the bare endpoint's: at least 0.5;
- search over the list's first pages at one size (p99): at most 5.

``--data-dir`` keeps the databases: the next run with it need not seed them again.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import asyncpg
import uvloop
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy.engine import make_url

from bench.api_cases import DEFAULT, SORTS, Case, far_cursor, filters, searches, target
from bench.api_client import connections, get, latencies, throughput
from bench.api_report import CONCURRENCY, Site, goals, report, tables
from cli.ports import free_port
from cli.seeding.rows import Plan, midnight
from cli.seeding.store import Written, store
from cli.servers import Endpoints, embedded_servers
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.config import Settings
from shared.db.migrate import upgrade
from shared.db.session import Database

SIZES, QUICK_SIZES = (10_000, 100_000, 1_000_000), (2_000, 20_000)
ROUNDS = 3
_TURNS = 5
_WIDTH = 150


@dataclass(frozen=True, slots=True)
class Effort:
    """How long things are measured."""

    requests: int
    searches: int
    seconds: float

    @classmethod
    def of(cls, *, quick: bool) -> "Effort":
        return cls(100, 10, 1.5) if quick else cls(400, 40, 5.0)


def measure(sizes: Sequence[int], *, data_dir: Path | None, effort: Effort, say: Console) -> list[Site]:
    """Seed what is not there, start everything, and measure."""
    with ExitStack() as stack:
        if data_dir is None:
            data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vms-bench-"))) / "stack"
        endpoints = stack.enter_context(embedded_servers(data_dir))
        sites = [_site(endpoints, size, say) for size in sizes]
        for site in sites:
            asyncio.run(_prepare(site, effort))
            stack.enter_context(_serving(site, endpoints))
            say.print(f"  {site.videos:,} videos are served", style="dim")
        uvloop.run(_measure(sites, effort, say))
    return sites


def _site(endpoints: Endpoints, videos: int, say: Console) -> Site:
    """The database of a size; its comment says when it is complete."""
    assert endpoints.database_url is not None
    name = f"bench_{videos}"
    url = make_url(endpoints.database_url).set(database=name).render_as_string(hide_password=False)
    if not asyncio.run(_is_complete(endpoints.database_url, name)):
        upgrade(url)
        seconds = asyncio.run(_seed(url, videos))
        say.print(f"  seeded {videos:,} videos in {seconds:.1f} s, {videos / seconds:,.0f} a second", style="dim")
    upgrade(url)
    return Site(videos, url)


async def _is_complete(url: str, name: str) -> bool:
    """Whether the database is there and full; otherwise it is made anew, empty."""
    connection = await asyncpg.connect(url)
    try:
        comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
        if await connection.fetchval(comment, name) == "complete":
            return True
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
        return False
    finally:
        await connection.close()


@contextmanager
def _database(url: str) -> Iterator[Database]:
    yield Database(Settings.model_construct(database_url=SecretStr(url)), pool_size=1)


async def _seed(url: str, videos: int) -> float:
    began = time.monotonic()
    with _database(url) as database:
        async with database.session() as session:
            await store(session, Plan(videos=videos, seed=1, until=midnight(), actor="bench"), Written())
        await database.dispose()
    connection = await asyncpg.connect(url)
    await connection.execute(f"COMMENT ON DATABASE {make_url(url).database} IS 'complete'")
    await connection.close()
    return time.monotonic() - began


async def _prepare(site: Site, effort: Effort) -> None:
    """A key, and the cases, which name rows of this database."""
    with _database(site.database_url) as database:
        async with database.session() as session:
            _, site.key = await auth_service.create_key(session, auth_service.SYSTEM, name="bench", role=Role.viewer)
        await database.dispose()
    connection = await asyncpg.connect(site.database_url)
    try:
        cases = []
        for sort in SORTS:
            page, cursor = await far_cursor(connection, sort)
            cases += [Case(f"list {sort}", (target(sort=sort),))]
            cases += [Case(f"far {sort}", (target(sort=sort, cursor=cursor),))]
            site.far_page = page
        rows = await connection.fetch("SELECT id FROM videos ORDER BY hashtextextended(id::text, 1) LIMIT 1000")
        cases += [Case("detail", tuple(f"/api/videos/{row['id']}" for row in rows))]
        cases += await filters(connection)
        cases += await searches(connection, each=effort.searches)
        site.cases = {case.name: case for case in cases}
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


@contextmanager
def _serving(site: Site, endpoints: Endpoints) -> Iterator[None]:
    """The API and the bare endpoint, one process each."""
    environment = {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING", **endpoints.env()}
    environment |= {"ENCODING_WEBHOOK_SECRET": secrets.token_hex(32), "BUNNY_TOKEN_KEY": secrets.token_hex(24)}
    environment["DATABASE_URL"] = site.database_url
    with _process("api", environment) as site.port:
        first = json.loads(asyncio.run(_answer(site.port, target(), site.key)))
        environment["BENCH_CURSOR"] = first["nextCursor"]
        with _process("bench.api_bare", environment) as site.bare_port:
            yield


@contextmanager
def _process(module: str, environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", module, "--port", str(port)], env=environment)
    try:
        for _ in range(600):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{module} ended with {process.returncode}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


async def _answer(port: int, address: str, key: str | None) -> bytes:
    async with connections(port, 1) as (connection,):
        return await connection.send(get(address, key=key))


async def _measure(sites: list[Site], effort: Effort, say: Console) -> None:
    for site in sites:
        await _check_equal(site)
        async with connections(site.port, 1) as (connection,):
            await latencies(connection, [get(target(), key=site.key)] * 200)
    for name in sites[0].cases:
        await _measure_latency(sites, name, effort)
        worst = ", ".join(f"{1000 * site.p(50, name):.1f}" for site in sites)
        say.print(f"  {name}: p50 {worst} ms", style="dim")
    for site in sites:
        for name in (f"list {DEFAULT}", f"far {DEFAULT}", "detail"):
            await _measure_throughput(site, name, effort)
            say.print(f"  {name} at {site.videos:,}: {site.bare_ratio(name):.2f} of the bare endpoint", style="dim")


async def _check_equal(site: Site) -> None:
    """Both sides answer the same, on the first page, on a far one, and for one video.

    :raises RuntimeError: they differ.
    """
    for name in (f"list {DEFAULT}", f"far {DEFAULT}", "detail"):
        address = site.cases[name].targets[0]
        ours = json.loads(await _answer(site.port, address, site.key))
        bare = json.loads(await _answer(site.bare_port, address, None))
        if ours != bare:
            raise RuntimeError(f"the two sides differ at {address}:\n{ours}\n{bare}")


async def _measure_latency(sites: list[Site], name: str, effort: Effort) -> None:
    """Every size in turn, a part of the requests at a time. Searches are each sent once: none is answered twice."""
    for site in sites:
        site.measured[name] = []
    once = name.startswith("search")
    for turn in range(_TURNS):
        for site in sites if turn % 2 == 0 else reversed(sites):
            requests = [get(address, key=site.key) for address in site.cases[name].targets]
            count = len(requests) if once else effort.requests
            part = list(islice(cycle(requests), count * turn // _TURNS, count * (turn + 1) // _TURNS))
            async with connections(site.port, 1) as (connection,):
                warm = get(target(), key=site.key) if once else requests[0]
                await latencies(connection, [warm] * (20 if turn == 0 else 5))
                site.measured[name] += await latencies(connection, part)


async def _measure_throughput(site: Site, name: str, effort: Effort) -> None:
    addresses = site.cases[name].targets
    ours = [get(address, key=site.key) for address in addresses]
    bare = [get(address) for address in addresses]
    for port, requests in ((site.port, ours), (site.bare_port, bare)):
        await throughput(port, requests, concurrency=CONCURRENCY, seconds=0.5)
    site.rates[name] = [
        (
            await throughput(site.port, ours, concurrency=CONCURRENCY, seconds=effort.seconds),
            await throughput(site.bare_port, bare, concurrency=CONCURRENCY, seconds=effort.seconds),
        )
        for _ in range(ROUNDS)
    ]


def _sizes(value: str) -> tuple[int, ...]:
    sizes = tuple(sorted({int(part) for part in value.split(",")}))
    if not sizes or sizes[0] < 1000:
        raise argparse.ArgumentTypeError("at least 1000 videos each")
    return sizes


def main() -> None:
    """Measure, print, and exit 0: the figures are for reading."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.api", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--videos", type=_sizes, help="sizes of the libraries [10000,100000,1000000]")
    parser.add_argument("--quick", action="store_true", help="2000 and 20000 videos, for a short time each")
    parser.add_argument("--data-dir", type=Path, help="keep the databases here for the next run [a temporary one]")
    parser.add_argument("--json", action="store_true", help="JSON on stdout, the rest on stderr")
    arguments = parser.parse_args()
    sizes = arguments.videos or (QUICK_SIZES if arguments.quick else SIZES)
    say = Console(stderr=True, highlight=False)
    sites = measure(sizes, data_dir=arguments.data_dir, effort=Effort.of(quick=arguments.quick), say=say)
    out = say if arguments.json else Console(highlight=False)
    if not out.is_terminal:
        out.width = _WIDTH
    for table in tables(sites):
        out.print(table)
    for goal in goals(sites):
        out.print(goal.line())
    if arguments.json:
        print(json.dumps(report(sites), indent=2))


if __name__ == "__main__":
    main()
