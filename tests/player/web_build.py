"""The built web app, for tests that open it."""

import fcntl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
_NOT_SOURCES = {"node_modules", "dist"}


def ensure_built() -> None:
    """Build web/dist as the Makefile does, if it is missing or older than its sources."""
    with (WEB / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        page = WEB / "dist" / "embed.html"
        if page.exists() and page.stat().st_mtime >= max(file.stat().st_mtime for file in _sources()):
            return
        if not (WEB / "node_modules" / ".package-lock.json").exists():
            _npm("ci", "--no-audit", "--no-fund")
        _npm("run", "build")


def _sources() -> list[Path]:
    top = [path for path in WEB.iterdir() if path.name not in _NOT_SOURCES]
    return [file for path in top for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]


def _npm(*arguments: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "bootstrap.py"), "npm", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, f"npm {' '.join(arguments)}:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
