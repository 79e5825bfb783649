"""One whole stack on one machine: embedded servers where no setting points elsewhere, API and workers.

``vms up`` and ``vms demo`` run it through :func:`run_stack`; :class:`Stack` alone serves tests and scripts.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from cli.datadir import DataDir, DataDirError
from cli.ports import is_free
from cli.process import ProcessFailed, ProcessSpec
from cli.servers import HLS_BUCKET, MASTERS_BUCKET, REGION, EmbeddedServers
from cli.supervisor import Reporter, Supervisor, together

#: Which setting, when set, replaces which embedded server.
REPLACED_BY = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "seaweedfs": "S3_ENDPOINT_URL"}
# Stopped from the last to the first; the embedded servers are group 0.
_API, _WORKERS = 1, 2
#: Settings that every stack has, in the order ``vms env`` shows them; others follow.
SETTING_NAMES = (
    "DATABASE_URL",
    "REDIS_URL",
    "S3_ENDPOINT_URL",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "S3_REGION",
    "S3_MASTERS_BUCKET",
    "S3_HLS_BUCKET",
    "ENCODING_WEBHOOK_SECRET",
    "API_URL",
)
#: Settings that other commands need as the stack has them, where it has them.
PASSED_ON = (
    "VIMEO_API_URL",
    "VIMEO_ACCESS_TOKEN",
    "VIMEO_REQUESTS_PER_SECOND",
    "VIMEO_DAILY_QUOTA",
    "VIMEO_MAX_BACKOFF_SECONDS",
    "BUNNY_API_URL",
    "BUNNY_API_KEY",
    "BUNNY_PULL_ZONE_ID",
    "BUNNY_CDN_HOSTNAME",
)
#: What encode and transfer workers have no business with: they report by webhook, and ask no platform.
_NOT_FOR_WORKERS = ("DATABASE_URL", "VIMEO_ACCESS_TOKEN", "VIMEO_CLIENT_SECRET", "BUNNY_API_KEY")


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """Where a stack lives and listens. ``workers`` is the number of encode workers, 0 allowed."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1


class Stack:
    """A running stack: ``async with Stack(options, reporter) as stack`` starts and stops it.

    Once started, ``env`` holds the settings its processes have, and ``api_url`` is where they reach the API.
    """

    def __init__(self, options: StackOptions, reporter: Reporter, *, env: Mapping[str, str] | None = None) -> None:
        self.options, self.data = options, DataDir(options.data_dir)
        self.env: dict[str, str] = {}
        self._reporter = reporter
        self._outside = {name: value for name, value in (os.environ if env is None else env).items() if value}
        self._held = contextlib.ExitStack()
        self._supervisor: Supervisor | None = None

    @property
    def listen_url(self) -> str:
        """This machine's own way to the API."""
        host = self.options.host
        wildcard = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound
        return f"http://{wildcard.get(host, f'[{host}]' if ':' in host else host)}:{self.options.port}"

    @property
    def api_url(self) -> str:
        return self.env.get("API_URL", self.listen_url)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything; returns when ``/readyz`` answers 200. To be followed by :meth:`stop` even if it fails.

        :raises DataDirError: the data directory or the port is in use.
        :raises ProcessFailed: a piece did not start.
        """
        self.data.prepare()
        self._held.enter_context(self.data.locked())
        left = await asyncio.to_thread(self.data.take_over)
        if left:
            self._reporter.say(f"Took over from a stack that was killed; stopped what it left: {', '.join(left)}.")
        self._check_port()
        embedded = [name for name, setting in REPLACED_BY.items() if setting not in self._outside]
        servers = EmbeddedServers(self.data, only=embedded, env=self._outside)
        self.env = self._settings(servers)
        supervisor = Supervisor(self.data, self._reporter, env=self.env)
        self._supervisor = supervisor

        async def database() -> None:
            if "postgres" in servers.only:
                await servers.start(supervisor, "postgres")
            began = time.monotonic()
            await supervisor.run(self._python("migrate", "shared.db.migrate"))
            self._reporter.started("migrations", pid=None, seconds=time.monotonic() - began)

        await together(database(), *(servers.start(supervisor, name) for name in servers.only if name != "postgres"))
        await together(
            supervisor.start(self._api(), group=_API),
            *(supervisor.start(spec, group=_WORKERS) for spec in self._workers()),
        )
        await self._wait_ready()

    async def stop(self) -> None:
        """Stop everything in reverse order and free the data directory. Safe to call at any time, and twice."""
        if self._supervisor is not None:
            await self._supervisor.stop()
        self._held.close()

    def _check_port(self) -> None:
        host, port = self.options.host, self.options.port
        try:
            free = is_free(port, host)
        except OSError as error:
            raise DataDirError(f"Cannot listen on {host}: {error.strerror}.") from error
        if not free:
            raise DataDirError(f"Port {port} on {host} is taken. Stop what listens there, or choose another --port.")

    def _settings(self, servers: EmbeddedServers) -> dict[str, str]:
        """The settings of the stack by name; what the environment sets wins."""
        secrets = self.data.secrets()
        generated = {
            "S3_REGION": REGION,
            "S3_MASTERS_BUCKET": MASTERS_BUCKET,
            "S3_HLS_BUCKET": HLS_BUCKET,
            "ENCODING_WEBHOOK_SECRET": secrets.encoding_webhook_secret,
            "BUNNY_TOKEN_KEY": secrets.bunny_token_key,
            "API_URL": self.listen_url,
            "PUBLIC_BASE_URL": self.listen_url,
            **servers.endpoints.env(),
        }
        if self.options.workers > 1:
            # Workers share the cores instead of each taking all of them.
            generated["ENCODING_THREADS"] = str(max(1, (os.cpu_count() or 1) // self.options.workers))
        names = dict.fromkeys((*SETTING_NAMES, *PASSED_ON, *generated))
        found = generated | self._outside
        return {name: found[name] for name in names if name in found}

    def _api(self) -> ProcessSpec:
        async def ready() -> bool:
            return await _status(f"{self.listen_url}/healthz") == 200

        return self._python(
            "api",
            "api",
            *("--host", self.options.host, "--port", str(self.options.port)),
            ready=ready,
            stop_timeout_seconds=6,
        )

    def _workers(self) -> list[ProcessSpec]:
        count = self.options.workers
        return [
            self._python("control", "worker", "control"),
            *(
                self._python(
                    f"encode-{number}" if count > 1 else "encode", "worker", "encode", role="encode", database=False
                )
                for number in range(1, count + 1)
            ),
            self._python("transfer", "worker", "transfer", database=False),
        ]

    def _python(
        self,
        name: str,
        module: str,
        *arguments: str,
        role: str | None = None,
        database: bool = True,
        ready: Callable[[], Awaitable[bool]] | None = None,
        stop_timeout_seconds: float = 5,
    ) -> ProcessSpec:
        env = {**self._outside, **self.env, "TMPDIR": str(self.data.tmp), "PYTHONUNBUFFERED": "1"}
        if not database:
            env = {key: value for key, value in env.items() if key not in _NOT_FOR_WORKERS}
        return ProcessSpec(
            name=name,
            role=role or name,
            argv=(sys.executable, "-m", module, *arguments),
            env=env,
            cwd=self.data.path,
            ready=ready,
            stop_timeout_seconds=stop_timeout_seconds,
        )

    async def _wait_ready(self, *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while (status := await _status(f"{self.listen_url}/readyz")) != 200:
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"The API is not ready after {seconds:.0f} s: /readyz answers {status or 'nothing'}, "
                    f"see {self.data.logs / 'api.log'}."
                )
            await asyncio.sleep(0.05)


async def run_stack(
    options: StackOptions,
    reporter: Reporter,
    work: Callable[[Stack], Awaitable[None]] | None = None,
    *,
    keep_serving: bool = True,
) -> int:
    """Run a stack and, once it is ready, ``work`` against it; then serve until a signal, or stop at once.

    SIGINT, SIGTERM and SIGHUP stop it at any moment, also while it starts; all is gone when this returns.

    :returns: 0 when it ended by itself, 128 + the signal's number otherwise.
    :raises DataDirError, ProcessFailed: it could not start.
    :raises BaseException: whatever ``work`` raised; the stack is stopped then.
    """
    loop = asyncio.get_running_loop()
    received: asyncio.Future[int] = loop.create_future()

    def receive(number: int) -> None:
        if not received.done():
            reporter.say("Stopping …")
            received.set_result(number)

    stack = Stack(options, reporter)

    async def live() -> None:
        await stack.start()
        if work is not None:
            await work(stack)
        if keep_serving:
            await asyncio.Event().wait()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, receive, number)
    life = asyncio.create_task(live(), name="stack")
    try:
        waited: set[asyncio.Future[Any]] = {life, received}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if received.done():
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
    finally:
        await stack.stop()
        for number in numbers:
            loop.remove_signal_handler(number)
    if received.done():
        return 128 + received.result()
    await life
    return 0


async def _status(url: str) -> int | None:
    """HTTP status of a GET; None without an answer. Proxies of the environment are not asked."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=6) as client:
            return (await client.get(url)).status_code
    except httpx.HTTPError:
        return None
