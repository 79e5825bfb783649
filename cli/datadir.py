"""The data directory D of one stack: its lock, its generated secrets, the record of what runs in it."""

import contextlib
import fcntl
import json
import os
import secrets
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from cli.process import Identity, end_leftovers, sweep


class DataDirError(Exception):
    """The data directory cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Secrets:
    """Generated once per data directory; letters and digits only, so each can stand in a URL."""

    database_password: str
    redis_password: str
    s3_access_key_id: str
    s3_secret_access_key: str
    encoding_webhook_secret: str
    bunny_token_key: str

    @classmethod
    def generate(cls) -> "Secrets":
        return cls(
            database_password=secrets.token_hex(24),
            redis_password=secrets.token_hex(24),
            s3_access_key_id=f"VMS{secrets.token_hex(8).upper()}",
            s3_secret_access_key=secrets.token_hex(20),
            encoding_webhook_secret=secrets.token_hex(32),
            bunny_token_key=secrets.token_hex(18),
        )


@dataclass(frozen=True)
class RunningProcess:
    """One line of the record: ``stop_signal`` and ``litter`` serve a later take-over."""

    role: str
    name: str
    identity: Identity
    stop_signal: int
    litter: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What runs on a data directory, as ``state.json`` holds it. ``env`` contains secrets."""

    supervisor: Identity
    env: dict[str, str]
    processes: tuple[RunningProcess, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """:raises ValueError: the text is not a record."""
        try:
            raw: dict[str, Any] = json.loads(text)
            return cls(
                supervisor=Identity(**raw["supervisor"]),
                env=dict(raw["env"]),
                processes=tuple(
                    RunningProcess(
                        role=str(one["role"]),
                        name=str(one["name"]),
                        identity=Identity(**one["identity"]),
                        stop_signal=int(one["stop_signal"]),
                        litter=tuple(one["litter"]),
                    )
                    for one in raw["processes"]
                ),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a record: {error}") from error


class DataDir:
    """Paths and files below D. Creating one touches nothing; :meth:`prepare` makes the directory."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.logs = self.path / "logs"
        self.tmp = self.path / "tmp"
        self.state = self.path / "state.json"

    def prepare(self) -> None:
        """:raises DataDirError: it cannot be created or written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # Others may pass but not look: a PostgreSQL that had to drop root's identity lives below.
            self.path.chmod(0o711)
            for directory in (self.logs, self.tmp):
                directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DataDirError(f"Cannot use the data directory {self.path}: {error.strerror}.") from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold D alone until the block ends; the kernel frees it if the holder dies.

        :raises DataDirError: another stack runs on D.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
                raise DataDirError(
                    f"A stack already runs on {self.path} (process {holder}). "
                    "Stop it, or give this one another --data-dir."
                ) from error
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def secrets(self) -> Secrets:
        """Read D's secrets, generating the missing ones.

        :raises DataDirError: the file is damaged; replacing it would lock the user out of his own data.
        """
        path = self.path / "secrets.json"
        fresh = asdict(Secrets.generate())
        kept: dict[str, Any] = {}
        if path.exists():
            try:
                kept = json.loads(path.read_text(encoding="utf-8"))
                kept = {one.name: str(kept[one.name]) for one in fields(Secrets) if one.name in kept}
            except (ValueError, TypeError) as error:
                raise DataDirError(f"{path} is damaged ({error}). Restore it, or remove {self.path}.") from error
        values = fresh | kept
        if values != kept:
            self.write_private(path, json.dumps(values, indent=1))
        return Secrets(**values)

    def ports(self) -> dict[str, int]:
        """Ports used last time on D; empty at first."""
        try:
            raw = json.loads((self.path / "ports.json").read_text(encoding="utf-8"))
            return {str(name): int(port) for name, port in raw.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def keep_ports(self, ports: dict[str, int]) -> None:
        self.write_private(self.path / "ports.json", json.dumps(ports, indent=1))

    def write_record(self, record: Record) -> None:
        self.write_private(self.state, record.to_json())

    def clear_record(self) -> None:
        self.state.unlink(missing_ok=True)

    def running(self) -> Record | None:
        """The record of the stack that runs on D now; None if there is none."""
        record = self._read_record()
        return record if record is not None and record.supervisor.alive() else None

    def take_over(self) -> list[str]:
        """End what a killed supervisor left behind; to be called with the lock held.

        :returns: names of the processes that were still running.
        """
        record = self._read_record()
        if record is None:
            return []
        left = [one for one in record.processes if one.identity.alive()]
        end_leftovers({one.identity: signal.Signals(one.stop_signal) for one in left})
        for one in record.processes:
            sweep(tuple(Path(path) for path in one.litter))
        self.clear_record()
        return [one.name for one in left]

    def write_private(self, path: Path, text: str) -> None:
        """Replace a file in one step, readable by its owner only."""
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(path)

    def _read_record(self) -> Record | None:
        try:
            return Record.from_json(self.state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
