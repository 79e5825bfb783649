"""``python -m bench.upload [--mib 1024] [--rounds 3]``: upload throughput and memory, as JSON.

The same file goes to the same SeaweedFS by two ways in turn: through the API (one tus PATCH from a file), and straight
into S3 as a multipart upload with the same part size, the project's own aiobotocore settings and as many parts at once
as is fastest here. ``ratio`` is the API's best throughput over raw S3's best; the goal is 0.85. ``apiGrowthBytes`` is
how far the API's resident memory rises above where it was before its first large upload; the goal is 64 MiB. The
servers' data is in memory where there is room, so that the disk's own moods do not decide.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import psutil
from aiobotocore.session import get_session

from cli.servers import embedded_servers
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.clients.s3 import S3, aio_config
from shared.config import Settings
from shared.db.migrate import upgrade
from shared.db.session import Database
from shared.uploads.writer import PART_BYTES

MIB = 1024 * 1024
GOAL_RATIO = 0.85
GOAL_GROWTH_BYTES = 64 * MIB
RAW_CONCURRENCY = (2, 4, 8)
_HEAD = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42"


def measure(*, mib: int = 1024, rounds: int = 3) -> dict[str, Any]:
    """Run everything on servers of its own and return the numbers."""
    with tempfile.TemporaryDirectory(prefix="vms-bench-", dir=_memory_with_room(mib, rounds)) as directory:
        folder = Path(directory)
        film = folder / "film.mp4"
        _make_film(film, mib)
        with embedded_servers(folder / "stack") as endpoints:
            assert endpoints.database_url is not None
            upgrade(endpoints.database_url)
            environment = endpoints.env() | {
                "ENCODING_WEBHOOK_SECRET": secrets.token_hex(32),
                "BUNNY_TOKEN_KEY": secrets.token_hex(24),
                "LOG_LEVEL": "WARNING",
            }
            settings = Settings(**{name.lower(): value for name, value in environment.items()})  # type: ignore[arg-type]
            key = asyncio.run(_prepare(settings))
            with _api(environment) as (port, process):
                return _compare(settings, film, port, key, process, rounds)


def _compare(
    settings: Settings, film: Path, port: int, key: str, process: psutil.Process, rounds: int
) -> dict[str, Any]:
    size = film.stat().st_size
    _upload_through_api(film, 16 * MIB, port, key)  # what is loaded once is not growth
    concurrency = min(RAW_CONCURRENCY, key=lambda count: asyncio.run(_upload_raw(settings, film, count)))
    before = process.memory_info().rss
    raw: list[float] = []
    api: list[float] = []
    peak = 0
    for _ in range(rounds):
        raw.append(asyncio.run(_upload_raw(settings, film, concurrency)))
        with _peak_memory(process) as seen:
            api.append(_upload_through_api(film, size, port, key))
        peak = max(peak, *seen)
    growth = peak - before
    ratio = min(raw) / min(api)
    return {
        "fileBytes": size,
        "partBytes": PART_BYTES,
        "rounds": rounds,
        "rawS3": _numbers(raw, size) | {"partsAtOnce": concurrency},
        "api": _numbers(api, size),
        "ratio": round(ratio, 3),
        "ratioGoal": GOAL_RATIO,
        "apiGrowthBytes": growth,
        "apiGrowthGoalBytes": GOAL_GROWTH_BYTES,
        "met": ratio >= GOAL_RATIO and growth <= GOAL_GROWTH_BYTES,
    }


def _numbers(seconds: list[float], size: int) -> dict[str, Any]:
    return {
        "seconds": [round(value, 3) for value in seconds],
        "bestMibPerSecond": round(size / MIB / min(seconds), 1),
        "medianMibPerSecond": round(size / MIB / statistics.median(seconds), 1),
    }


def _memory_with_room(mib: int, rounds: int) -> str | None:
    """A directory in memory, if all copies of the file fit there twice over."""
    copies = 1 + len(RAW_CONCURRENCY) + 2 * rounds
    shm = Path("/dev/shm")
    if not shm.is_dir():
        return None
    free = min(psutil.virtual_memory().available, psutil.disk_usage(str(shm)).free)
    return str(shm) if free > 2 * copies * mib * MIB else None


def _make_film(path: Path, mib: int) -> None:
    with path.open("wb") as file:
        file.write(_HEAD)
        for _ in range(mib):
            file.write(os.urandom(MIB))
        file.truncate(mib * MIB)


async def _prepare(settings: Settings) -> str:
    database = Database(settings)
    async with database.session() as session:
        _, key = await auth_service.create_key(session, auth_service.SYSTEM, name="bench", role=Role.editor)
    await database.dispose()
    async with S3(settings) as s3:
        await s3.ensure_buckets()
    return key


@contextmanager
def _api(environment: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "--port", str(port)], env={"PATH": os.environ["PATH"], **environment}
    )
    try:
        for _ in range(400):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _peak_memory(process: psutil.Process) -> Iterator[list[int]]:
    """Samples of the resident memory while the block runs."""
    samples = [process.memory_info().rss]
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.02):
            samples.append(process.memory_info().rss)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def _upload_through_api(film: Path, size: int, port: int, key: str) -> float:
    """One POST, one PATCH; the file goes into the socket by ``sendfile``."""
    headers = {"Authorization": f"Bearer {key}", "Tus-Resumable": "1.0.0"}
    base = f"http://127.0.0.1:{port}/api/upload/video"
    began = time.perf_counter()
    with urlopen(Request(base, method="POST", headers={**headers, "Upload-Length": str(size)})) as answer:
        path = answer.headers["Location"].split("/", 3)[3]
    headers |= {
        "Host": "127.0.0.1",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(size),
    }
    lines = [f"PATCH /{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    with socket.create_connection(("127.0.0.1", port)) as connection, film.open("rb") as file:
        connection.sendall("\r\n".join(lines).encode())
        connection.sendfile(file, count=size)
        answered = connection.recv(65536).decode()
    seconds = time.perf_counter() - began
    if " 204 " not in answered.splitlines()[0] or "x-video-id" not in answered.lower():
        raise RuntimeError(answered)
    return seconds


async def _upload_raw(settings: Settings, film: Path, concurrency: int) -> float:
    """A multipart upload with nothing in between."""
    bucket, key = settings.s3_masters_bucket, f"bench/{uuid4()}"
    client_of = get_session().create_client  # type: ignore[no-untyped-call]
    with ThreadPoolExecutor(concurrency) as readers, film.open("rb") as file:
        async with client_of(
            "s3",
            endpoint_url=settings.s3_endpoint_url,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key_id.get_secret_value(),
            aws_secret_access_key=settings.s3_secret_access_key.get_secret_value(),
            config=aio_config(),
        ) as client:
            began = time.perf_counter()
            made = await client.create_multipart_upload(Bucket=bucket, Key=key, ContentType="video/mp4")
            target = {"Bucket": bucket, "Key": key, "UploadId": made["UploadId"]}
            numbers = iter(range(1, -(-film.stat().st_size // PART_BYTES) + 1))
            parts: list[dict[str, Any]] = []

            async def send_parts() -> None:
                loop = asyncio.get_running_loop()
                for number in numbers:
                    start = (number - 1) * PART_BYTES
                    body = await loop.run_in_executor(readers, os.pread, file.fileno(), PART_BYTES, start)
                    done = await client.upload_part(**target, PartNumber=number, Body=body)
                    parts.append({"PartNumber": number, "ETag": done["ETag"]})

            await asyncio.gather(*(send_parts() for _ in range(concurrency)))
            parts.sort(key=lambda part: int(part["PartNumber"]))
            await client.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
            seconds = time.perf_counter() - began
            await client.delete_object(Bucket=bucket, Key=key)
    return seconds


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.upload", description="Measure uploads.")
    parser.add_argument("--mib", type=int, default=1024, help="size of the file [1024]")
    parser.add_argument("--rounds", type=int, default=3, help="uploads each way [3]")
    arguments = parser.parse_args()
    print(json.dumps(measure(mib=arguments.mib, rounds=arguments.rounds), indent=2))


if __name__ == "__main__":
    main()
