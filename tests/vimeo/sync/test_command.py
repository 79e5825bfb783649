"""``vms vimeo sync`` against an API that plays a run."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner

from cli import vimeo_sync
from cli.fakes.serving import Serving
from cli.main import app as program
from shared.config import Settings

RUN_ID = "01900000-0000-7000-8000-000000000000"
Command = Callable[..., Result]


def run_at(progress: int, **fields: Any) -> dict[str, Any]:
    summary = dict.fromkeys(("added", "updated", "unchanged", "removed", "errors"), 0)
    return {
        "runId": RUN_ID,
        "status": "completed" if progress == 100 else "running",
        "progress": progress,
        "etaSeconds": None if progress == 100 else 90.0,
        "summary": {**summary, "added": progress, "quotaRemaining": 950},
        "error": None,
        "errorItems": [],
        **fields,
    }


class StandIn:
    """The two routes that the command uses. ``answers`` are the run as it is asked for, one after the other."""

    def __init__(self) -> None:
        self.refusal: JSONResponse | None = None
        self.answers = [run_at(30), run_at(100)]
        self.keys: set[str] = set()
        routes = [
            Route("/api/videos/sync/vimeo", self._start, methods=["POST"]),
            Route("/api/videos/sync/vimeo/" + RUN_ID, self._run),
        ]
        self.app = Starlette(routes=routes)

    async def _start(self, request: Request) -> JSONResponse:
        self.keys.add(request.headers["authorization"])
        return self.refusal or JSONResponse({"runId": RUN_ID, "status": "queued"}, 202)

    async def _run(self, request: Request) -> JSONResponse:
        self.keys.add(request.headers["authorization"])
        return JSONResponse(self.answers.pop(0))


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def command(
    stand_in: StandIn, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Command]:
    monkeypatch.setattr(vimeo_sync, "_POLL_SECONDS", 0.01)
    assert settings.database_url is not None
    with Serving(stand_in.app) as serving:
        env = {"DATABASE_URL": settings.database_url.get_secret_value(), "API_URL": serving.urls[0]}

        def call(*arguments: str) -> Result:
            place = ["--data-dir", str(tmp_path)]
            return CliRunner().invoke(program, ["vimeo", "sync", *place, *arguments], env=env)

        yield call


def test_it_watches_to_the_end_and_tells_what_was_done(command: Command, stand_in: StandIn) -> None:
    stand_in.answers[-1]["errorItems"] = [{"externalId": "7", "message": "its text is none"}]
    done = command()
    assert done.exit_code == 0, done.output
    assert "100 added" in done.stdout
    assert "950 requests are left today" in done.stdout
    assert "7: its text is none" in done.stderr
    assert len(stand_in.keys) == 1


def test_json_is_the_run_and_nothing_else(command: Command) -> None:
    done = command("--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, run_at(100))


def test_it_need_not_wait(command: Command, stand_in: StandIn) -> None:
    done = command("--json", "--no-wait")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"runId": RUN_ID, "status": "queued"})
    assert len(stand_in.answers) == 2


def test_a_failed_run_is_a_failed_command(command: Command, stand_in: StandIn) -> None:
    error = {"code": "vimeo_refused", "message": "Vimeo does not accept the token."}
    stand_in.answers = [run_at(30, status="failed", error=error)]
    done = command("--json")
    assert (done.exit_code, json.loads(done.stdout)["error"]) == (1, error)
    assert "does not accept the token" in done.stderr


def test_what_the_api_refuses_is_said(command: Command, stand_in: StandIn) -> None:
    stand_in.refusal = JSONResponse({"code": "not_connected", "detail": "Set VIMEO_ACCESS_TOKEN."}, 409)
    done = command("--json")
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (1, "not_connected")
    assert "Set VIMEO_ACCESS_TOKEN." in done.stderr
