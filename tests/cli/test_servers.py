"""The real embedded servers."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiobotocore.session import get_session
from redis.asyncio import Redis

from cli import postgres
from cli.datadir import DataDir, DataDirError
from cli.process import ProcessFailed
from cli.servers import Endpoints, embedded_servers, running_servers
from tests.cli.waiting import alive, processes_below, until, until_gone

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its identity")


def s3(endpoints: Endpoints):
    return get_session().create_client(
        "s3",
        endpoint_url=endpoints.s3_endpoint_url,
        aws_access_key_id=endpoints.s3_access_key_id,
        aws_secret_access_key=endpoints.s3_secret_access_key,
        region_name=endpoints.s3_region,
    )


async def write(endpoints: Endpoints, text: str) -> None:
    connection = await asyncpg.connect(endpoints.database_url)
    await connection.execute("CREATE TABLE note (text text)")
    await connection.execute("INSERT INTO note VALUES ($1)", text)
    await connection.close()
    async with Redis.from_url(endpoints.redis_url) as redis:
        await redis.set("note", text)
    async with s3(endpoints) as client:
        await client.put_object(Bucket="video-hls", Key="note", Body=text.encode())
        await client.put_object(Bucket="video-masters", Key="note", Body=text.encode())


async def read(endpoints: Endpoints) -> list[str]:
    connection = await asyncpg.connect(endpoints.database_url)
    row = await connection.fetchval("SELECT text FROM note")
    await connection.close()
    async with s3(endpoints) as client:
        answer = await client.get_object(Bucket="video-hls", Key="note")
        body = await answer["Body"].read()
    return [row, body.decode()]


def listeners(pids: set[int]) -> set[str]:
    """Addresses on which the processes listen."""
    sockets = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                sockets.add(str(descriptor.readlink()))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in sockets:
                found.add(words[1].partition(":")[0])
    return found


async def test_two_sets_side_by_side_keep_their_data_over_a_restart(tmp_path):
    directories = [tmp_path / "one dir", tmp_path / "another dir"]
    before = set(Path("/tmp").glob("seaweedfs*")) | set(Path("/dev/shm").iterdir())
    async with running_servers(directories[0]) as one, running_servers(directories[1]) as other:
        await write(one, "one")
        await write(other, "other")
        assert await read(one) == ["one", "one"]
        assert await read(other) == ["other", "other"]
        record = DataDir(directories[0]).running()
        assert record is not None
        pids = {process.identity.pid for process in record.processes}
        assert len(pids) == 3
        assert listeners(pids) == {"0100007F"}
        started = set(Path("/tmp").glob("seaweedfs*")) | set(Path("/dev/shm").iterdir())
        assert not [path for path in started - before if str(one.s3_endpoint_url)[-4:] in path.name]
    until_gone(pids)
    assert not processes_below(directories[0])

    async with running_servers(directories[0]) as again:
        assert again == one, "ports and credentials stay"
        assert await read(again) == ["one", "one"]
        async with Redis.from_url(again.redis_url) as redis:
            assert await redis.get("note") is None, "Valkey keeps nothing: PostgreSQL is the truth"


async def test_a_killed_postgres_comes_back_where_it_was(directory):
    async with running_servers(directory, only=("postgres",)) as endpoints:
        assert endpoints.s3_endpoint_url is None
        record = DataDir(directory).running()
        assert record is not None
        os.kill(record.processes[0].identity.pid, signal.SIGKILL)

        connection = None
        while connection is None:
            try:
                connection = await asyncpg.connect(endpoints.database_url, timeout=5)
            except (OSError, asyncpg.PostgresError):
                continue
        assert await connection.fetchval("SHOW unix_socket_directories") == ""
        await connection.close()


def test_what_a_dead_supervisor_left_of_postgres_does_not_stop_the_next(directory):
    data = DataDir(directory)
    with embedded_servers(directory, only=("postgres",)):
        pass
    # As after a crash: a lock file that names a living process, here this one.
    (data.path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data.path / 'postgres'}\n1\n1\n\n\n")
    with embedded_servers(directory, only=("postgres",)):
        assert len(processes_below(data.path / "postgres")) > 1
    until(lambda: not processes_below(data.path / "postgres"), what="the end of PostgreSQL")


def test_an_interrupted_initdb_starts_over(directory):
    data = DataDir(directory)
    data.prepare()
    half = data.path / "postgres"
    half.mkdir(mode=0o700)
    (half / "PG_VERSION").write_text("18\n")
    with embedded_servers(directory, only=("postgres",)) as endpoints:
        assert urlsplit(endpoints.database_url).path == "/vms"


@as_root
def test_postgres_below_a_private_home_when_user_namespaces_are_denied(tmp_path, monkeypatch):
    home = tmp_path / "private home"
    home.mkdir(mode=0o700)
    with embedded_servers(home / "data", only=("postgres",)):
        pass
    monkeypatch.setattr(postgres, "WAYS", ("65534",))
    with embedded_servers(home / "data", only=("postgres",)):
        record = DataDir(home / "data").running()
        assert record is not None
        status = Path(f"/proc/{record.processes[0].identity.pid}/status").read_text()
        assert "\nUid:\t65534\t65534\t65534\t65534\n" in status


@as_root
def test_no_identity_for_postgres_is_explained(directory, monkeypatch):
    async def denied(*_, user, **__):
        return 125, f"launch: {user}: Operation not permitted"

    monkeypatch.setattr(postgres, "_run", denied)
    explained = r"(?s)or set DATABASE_URL.*namespace: launch: .*user 65534: launch: "
    with pytest.raises(ProcessFailed, match=explained), embedded_servers(directory, only=("postgres",)):
        pass
    assert DataDir(directory).running() is None


def test_kill_9_of_the_process_that_embeds_them_leaves_no_server(directory):
    code = (
        "import pathlib, signal, sys\nfrom cli.servers import embedded_servers\n"
        "with embedded_servers(pathlib.Path(sys.argv[1])):\n    print('ready', flush=True)\n    signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(directory)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        record = DataDir(directory).running()
        assert record is not None
        process.kill()
    until_gone([one.identity.pid for one in record.processes], seconds=5)
    until(lambda: not processes_below(directory), seconds=5, what="the end of PostgreSQL's processes")
    with embedded_servers(directory):
        assert alive(DataDir(directory).running().supervisor.pid)


def test_an_unknown_server_is_refused(directory):
    with pytest.raises(ValueError, match="unknown embedded server: mysql"), embedded_servers(directory, ("mysql",)):
        pass


def test_two_starts_at_once_on_one_directory(directory):
    def start() -> str:
        try:
            with embedded_servers(directory, only=("valkey",)):
                until(lambda: len(outcomes) == 1, what="the other's answer")
                return "runs"
        except DataDirError as error:
            outcomes.append(str(error))
            return "refused"

    outcomes: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        answers = sorted(one.result() for one in [pool.submit(start), pool.submit(start)])
    assert answers == ["refused", "runs"]
    assert "already runs" in outcomes[0]
