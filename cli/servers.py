"""The embedded servers PostgreSQL, Valkey and SeaweedFS of one data directory.

:func:`embedded_servers` runs them for tests and scripts; ``cli.stack`` puts them under its own supervisor.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from cli import postgres, seaweedfs, valkey
from cli.datadir import DataDir
from cli.ports import free_port
from cli.process import ProcessFailed, ProcessSpec
from cli.supervisor import Reporter, Silent, Supervisor, together

NAMES = ("postgres", "valkey", "seaweedfs")
REGION = "us-east-1"
MASTERS_BUCKET, HLS_BUCKET = "video-masters", "video-hls"


@dataclass(frozen=True)
class Endpoints:
    """Where the servers are and how to enter them; None for one that was not started."""

    database_url: str | None = None
    redis_url: str | None = None
    s3_endpoint_url: str | None = None
    s3_access_key_id: str | None = None
    s3_secret_access_key: str | None = None
    s3_region: str | None = None
    s3_masters_bucket: str | None = None
    s3_hls_bucket: str | None = None

    def env(self) -> dict[str, str]:
        """The settings that point to them, by their names in the environment."""
        return {name.upper(): value for name, value in vars(self).items() if value is not None}


class EmbeddedServers:
    """The plan of the servers ``only`` on one data directory: ports, credentials, process specs.

    The ports of the last run are kept where they are still free, so that copied URLs stay valid. Account and bucket
    names for the S3 server come from ``env`` where it has them.
    """

    def __init__(self, data: DataDir, *, only: Collection[str] = NAMES, env: Mapping[str, str] | None = None) -> None:
        unknown = set(only) - set(NAMES)
        if unknown:
            raise ValueError(f"unknown embedded server: {', '.join(sorted(unknown))}")
        self.only = tuple(name for name in NAMES if name in only)
        self._data, self._env = data, dict(os.environ if env is None else env)
        self._secrets = data.secrets()
        self._ports = self._choose_ports()
        self.endpoints = self._endpoints()

    async def spec(self, name: str) -> ProcessSpec:
        """Prepare a server's files and tell how to run it.

        :raises ProcessFailed: its program is missing or its files cannot be made.
        """
        port = self._ports[name]
        if name == "postgres":
            password = self._secrets.database_password
            user = await postgres.choose_user(self._data, self._env)
            await postgres.prepare(self._data, password=password, env=self._env, user=user)
            return postgres.spec(self._data, port=port, password=password, env=self._env, user=user)
        if name == "valkey":
            return valkey.spec(self._data, port=port, password=self._secrets.redis_password, env=self._env)
        key, secret = self.endpoints.s3_access_key_id, self.endpoints.s3_secret_access_key
        buckets = (self.endpoints.s3_masters_bucket, self.endpoints.s3_hls_bucket)
        return seaweedfs.spec(
            self._data,
            port=port,
            access_key_id=key or "",
            secret_access_key=secret or "",
            buckets=[bucket for bucket in buckets if bucket],
            env=self._env,
        )

    async def start(self, supervisor: Supervisor, name: str) -> None:
        """Prepare and start one server; returns when it is ready.

        :raises ProcessFailed: it did not start.
        """
        await supervisor.start(await self.spec(name))

    def _endpoints(self) -> Endpoints:
        ports, secrets = self._ports, self._secrets
        found: dict[str, str] = {}
        if "postgres" in ports:
            found["database_url"] = postgres.url(ports["postgres"], secrets.database_password)
        if "valkey" in ports:
            found["redis_url"] = valkey.url(ports["valkey"], secrets.redis_password)
        if "seaweedfs" in ports:
            generated = {
                "s3_access_key_id": secrets.s3_access_key_id,
                "s3_secret_access_key": secrets.s3_secret_access_key,
                "s3_region": REGION,
                "s3_masters_bucket": MASTERS_BUCKET,
                "s3_hls_bucket": HLS_BUCKET,
            }
            found["s3_endpoint_url"] = f"http://127.0.0.1:{ports['seaweedfs']}"
            found |= {name: self._env.get(name.upper()) or value for name, value in generated.items()}
        return Endpoints(**found)

    def _choose_ports(self) -> dict[str, int]:
        last = self._data.ports()
        chosen: dict[str, int] = {}
        for name in self.only:
            offsets = seaweedfs.OFFSETS if name == "seaweedfs" else (0,)
            chosen[name] = free_port(offsets=offsets, avoid=chosen.values(), preferred=last.get(name))
        self._data.keep_ports(last | chosen)
        return chosen


@contextlib.asynccontextmanager
async def running_servers(
    data_dir: Path, *, only: Collection[str] = NAMES, reporter: Reporter | None = None
) -> AsyncIterator[Endpoints]:
    """The embedded servers on ``data_dir`` for as long as the block runs, restarted when they die.

    :raises DataDirError: ``data_dir`` is in use or cannot be used.
    :raises ProcessFailed: a server did not start; the others are stopped.
    """
    data = DataDir(data_dir)
    data.prepare()
    with data.locked():
        await asyncio.to_thread(data.take_over)
        servers = EmbeddedServers(data, only=only)
        supervisor = Supervisor(data, reporter or Silent(), env=servers.endpoints.env())
        try:
            await together(*(servers.start(supervisor, name) for name in servers.only))
            yield servers.endpoints
        finally:
            await supervisor.stop()


@contextlib.contextmanager
def embedded_servers(
    data_dir: Path, only: Collection[str] = NAMES, *, reporter: Reporter | None = None
) -> Iterator[Endpoints]:
    """:func:`running_servers` for code without an event loop, and for fixtures that outlive one.

    They are supervised from a thread of their own. The first start on a directory takes about 1.5 seconds.
    """
    started: Future[Endpoints] = Future()
    done = threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        async with running_servers(data_dir, only=only, reporter=reporter) as endpoints:
            started.set_result(endpoints)
            await asyncio.to_thread(done.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - handed over to the caller's thread
            if started.done():
                failures.append(error)
            else:
                started.set_exception(error)

    thread = threading.Thread(target=run, name="embedded servers", daemon=True)
    thread.start()
    try:
        yield started.result()
    finally:
        done.set()
        thread.join()
    if failures:
        raise ProcessFailed("The embedded servers did not stop cleanly.") from failures[0]
