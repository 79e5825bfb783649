"""What a hostile file could do if it took ffmpeg or the probe over: nothing outside of its one source."""

import asyncio
import contextlib
import errno
import http.server
import json
import os
import platform
import queue
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.media import playback
from tests.media.making import FFMPEG, X264, make, picture
from worker.media import child, sandbox
from worker.media.errors import MediaError
from worker.media.probe import probe

ROOT = Path(__file__).parents[2]
_SETUP = """
import ctypes, json, os, resource, socket, subprocess, sys, sysconfig, threading
from worker.media import child, sandbox
facts = json.loads(sys.argv[1])
system = ctypes.CDLL(None, use_errno=True).syscall
def called(number, *arguments):
    if system(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "syscall")
def connect(port):
    socket.create_connection(("127.0.0.1", port)).close()
def in_fork():
    if os.fork() == 0:
        os._exit(0)
def thread():
    made = threading.Thread(target=os.getpid)
    made.start()
    made.join()
if facts["abi"] is not None:
    sandbox.landlock_abi = lambda: facts["abi"]
if facts["boxed"]:
    sandbox.confine(os.getppid(), {})
    paths = sysconfig.get_paths()
    box = child.box(facts["source"], (paths["stdlib"], paths["platstdlib"], paths["purelib"], facts["package"]))
    sandbox.enter(box.read, box.execute, facts["port"])
answers = {}
for name, code in facts["deeds"].items():
    try:
        exec(code)
        answers[name] = 0
    except OSError as error:
        answers[name] = error.errno
print(json.dumps(answers))
"""
_DENIED = {errno.EPERM, errno.EACCES}
#: What must fail inside and works outside.
FORBIDDEN = {
    "connect to another port": "connect(facts['other'])",
    "connect by fast open": "socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', facts['other']))",
    "connect by multipath TCP": "socket.socket(proto=262)",
    "UDP": "socket.socket(type=socket.SOCK_DGRAM)",
    "IPv6": "socket.socket(socket.AF_INET6)",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "a name": "socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.53', 53))",
    "bind": "socket.socket().bind(('127.0.0.1', 0))",
    "listen": "socket.socket().listen()",
    "read /etc/passwd": "open('/etc/passwd').read()",
    "read a neighbour of the source": "open(facts['directory'] + '/.env').read()",
    "read the project's root": "open(facts['root'] + '/pyproject.toml').read()",
    "read what the parent was given": "open(f'/proc/{os.getppid()}/environ').read()",
    "list the root": "os.listdir('/')",
    "write beside the source": "open(facts['directory'] + '/new', 'w')",
    "write to the source": "open(facts['source'], 'r+')",
    "make a directory": "os.mkdir(facts['directory'] + '/made')",
    "make a link": "os.symlink('/', facts['directory'] + '/link')",
    "remove": "os.unlink(facts['directory'] + '/doomed')",
    "change a mode": "os.chmod(facts['source'], 0o644)",
    "change a time": "os.utime(facts['source'])",
    "fork": "in_fork()",
    "start a program": "subprocess.run(['/bin/true'], close_fds=False)",
    "signal the parent": "os.kill(os.getppid(), 0)",
    "limit the parent": "resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))",
    "stay when the parent dies": "called(facts['prctl'], 1, 0, 0, 0, 0)",
    "leave its CPUs": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "memory in a file": "os.memfd_create('m')",
}
ALLOWED = {
    "connect to its port": "connect(facts['port'])",
    "read the source": "open(facts['source']).read()",
    "discard": "open('/dev/null', 'w').write('x')",
    "threads": "thread()",
    "niceness": "os.nice(1)",
}
#: Refused whether or not the rest of the system would: (x86-64, aarch64).
CALLS = {
    "ptrace": (101, 117),
    "io_uring": (425, 425),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
}


class Canary:
    """A listener on loopback that nobody may reach."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._callers: queue.Queue[int] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, (_, port) = self._listener.accept()
                connection.close()
                self._callers.put(port)

    def touched(self) -> bool:
        """Tell whether somebody has connected since the last time. Our own call comes after theirs."""
        with socket.create_connection(("127.0.0.1", self.port)) as own:
            port = own.getsockname()[1]
            others = 0
            while self._callers.get(timeout=10) != port:
                others += 1
        return others > 0

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture(scope="module")
def canary():
    with contextlib.closing(Canary()) as made:
        yield made


def deeds(directory: Path, other: int, *, boxed: bool, abi: int | None = None) -> dict[str, int]:
    source = directory / "film.mp4"
    for path in (source, directory / ".env", directory / "doomed"):
        path.write_text("x")
    column = 0 if platform.machine() == "x86_64" else 1
    calls = {name: f"called({numbers[column]}, -1, -1, -1, -1)" for name, numbers in CALLS.items()} if boxed else {}
    with socket.create_server(("127.0.0.1", 0), backlog=8) as feed:
        facts = {
            "boxed": boxed,
            "abi": abi,
            "source": str(source),
            "directory": str(directory),
            "root": str(ROOT),
            "package": str(ROOT / "worker"),
            "port": feed.getsockname()[1],
            "other": other,
            "prctl": (157, 167)[column],
            "deeds": ALLOWED | FORBIDDEN | calls,
        }
        ran = subprocess.run(
            [sys.executable, "-c", _SETUP, json.dumps(facts)],
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=30,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr.decode()
    answers: dict[str, int] = json.loads(ran.stdout)
    return answers


@pytest.fixture(scope="module")
def inside(tmp_path_factory, canary):
    answers = deeds(tmp_path_factory.mktemp("inside"), canary.port, boxed=True)
    assert not canary.touched()
    return answers


@pytest.fixture(scope="module")
def outside(tmp_path_factory, canary):
    answers = deeds(tmp_path_factory.mktemp("outside"), canary.port, boxed=False)
    assert canary.touched()
    return answers


@pytest.mark.parametrize("name", [*FORBIDDEN, *CALLS])
def test_what_the_sandbox_denies(inside, name):
    assert inside[name] in _DENIED, errno.errorcode.get(inside[name], inside[name])


@pytest.mark.parametrize("name", FORBIDDEN)
def test_only_the_sandbox_denies_it(outside, name):
    # What the machine itself lacks (IPv6, fast open) is no fault.
    assert outside[name] not in _DENIED


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_left(inside, name):
    assert inside[name] == 0


@pytest.mark.parametrize("abi", [0, 1, 3, 4])
def test_an_older_kernel_holds_what_it_can(tmp_path, canary, abi):
    """What Landlock lacks there is open, the rest is not: no file, no UDP, no other process."""
    found = deeds(tmp_path, canary.port, boxed=True, abi=abi)
    assert canary.touched() == (abi < sandbox.NETWORK_ABI)
    assert (found["connect to another port"] in _DENIED) == (abi >= sandbox.NETWORK_ABI)
    assert (found["read /etc/passwd"] in _DENIED) == (abi > 0)
    assert {found[name] for name in ("UDP", "fork", "ptrace", "signal the parent")} <= _DENIED
    assert {found[name] for name in ALLOWED} == {0}


async def run(command: list[str], source: str, *, boxed: bool = True) -> str:
    """Run `command` to its end and return its log."""
    if boxed:
        process = await child.spawn(command, memory_bytes=4 << 30, cpu_seconds=20, source=source)
    else:
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(20):
            _, log = await process.communicate()
    finally:
        await child.kill(process)
    return log.decode(errors="replace")


PLAYLISTS = {
    "hls": ("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n", "hls"),
    "ffconcat": ("ffconcat version 1.0\nfile '{target}'\n", "concat"),
    "concat protocol": ("ffconcat version 1.0\nfile 'concat:{target}|{target}'\n", "concat"),
}


@pytest.mark.parametrize("kind", PLAYLISTS)
async def test_a_playlist_reaches_nothing_even_with_every_protocol_allowed(tmp_path, canary, kind):
    text, demuxer = PLAYLISTS[kind]
    options = ["-nostdin", "-protocol_whitelist", "file,http,https,tls,tcp,udp,concat,subfile,crypto,data"]
    options += ["-f", demuxer]
    options += ["-allowed_extensions", "ALL", "-extension_picky", "0"] if demuxer == "hls" else ["-safe", "0"]
    with playback.served(tmp_path) as base:
        command = [FFMPEG, *options, "-i", f"{base}/film", "-f", "null", "-"]
        (tmp_path / "film").write_text(text.format(target=f"http://127.0.0.1:{canary.port}/x.ts"))
        await run(command, base, boxed=False)
        assert canary.touched()
        assert "Permission denied" in await run(command, base)
        assert not canary.touched()
        if demuxer == "concat":
            (tmp_path / "film").write_text(text.format(target="file:///etc/passwd"))
            assert "Permission denied" not in await run(command, base, boxed=False)
            assert "Permission denied" in await run(command, base)


async def test_ffmpeg_starts_without_rights(tmp_path):
    """Seen from outside, while it waits for a source that does not come."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        command = [FFMPEG, "-nostdin", "-rw_timeout", "20000000", "-i", url, "-f", "null", "-"]
        process = await child.spawn(command, memory_bytes=4 << 30, cpu_seconds=20, source=url)
        try:
            async with asyncio.timeout(10):
                connection, _ = await asyncio.to_thread(silent.accept)
            proc = Path(f"/proc/{process.pid}")
            status = dict(line.split(":\t") for line in (proc / "status").read_text().splitlines() if ":\t" in line)
            assert status["NoNewPrivs"] == "1"
            assert status["Seccomp"] == "2"
            assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh")} == {0}
            assert (proc / "oom_score_adj").read_text().strip() == "500"
            assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 5)
            assert os.getpgid(process.pid) == process.pid
            connection.close()
        finally:
            await child.kill(process)


async def test_the_probe_is_in_the_box(tmp_path, canary):
    """The demuxer, not the code that sniffs, is sent elsewhere; unconfined it would go."""
    head = make(tmp_path / "film.mp4", *picture("64x64"), *X264, "-frames:v", "5").read_bytes()
    told = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            told.append(self.headers["User-Agent"])
            if "Lavf" in told[-1]:
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{canary.port}/film.mp4")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes 0-{len(head) - 1}/{len(head)}")
            self.send_header("Content-Length", str(len(head)))
            self.end_headers()
            self.wfile.write(head)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        with pytest.raises(MediaError):
            await probe(f"http://127.0.0.1:{server.server_port}/film.mp4")
        server.shutdown()
        thread.join()
    assert any("Lavf" in agent for agent in told)
    assert not canary.touched()


@pytest.mark.parametrize("url", ["https://127.0.0.1:9/x", "http://store.example/x", "http://10.0.0.1:80/x"])
def test_a_child_reads_from_this_machine_only(url):
    with pytest.raises(ValueError, match="no other machine"):
        child.box(url)


def test_the_filter_fits_both_machines():
    """Jumps stay inside the program, and each path ends in a verdict."""
    for machine in ("x86_64", "aarch64"):
        program = sandbox.seccomp_program(machine, 4711)
        steps = [program[at : at + 8] for at in range(0, len(program), 8)]
        assert len(steps) < 4096
        for number, step in enumerate(steps):
            code, equal, different = int.from_bytes(step[:2], "little"), step[2], step[3]
            if code in {0x15, 0x35}:
                assert number + 1 + max(equal, different) < len(steps)
        assert steps[-1] == bytes.fromhex("06000000 0000ff7f")
