"""``vms demo`` and its upload while the API restarts, and when it stays away."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from cli import demo, patience
from cli.main import app


def client(*answers: int | None) -> httpx.AsyncClient:
    """Of an API that gives these answers in turn; None is a connection refused."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        if status is None:
            raise httpx.ConnectError("connection refused", request=request)
        return httpx.Response(status, json={"status": "completed", "playableSeconds": None})

    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://vms.test")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(patience, "_PAUSE_SECONDS", 0.01)


async def test_watching_outlasts_a_restart(tmp_path):
    view = demo.View(tmp_path, 1)
    async with client(None, 503, None, 200) as api:
        await demo._watch(api, "video", "job", view, demo.Report(as_json=False))
    assert view.job["status"] == "completed"


@pytest.mark.parametrize(("answers", "status"), [((404,), 404), ((500,), 500)])
async def test_what_came_last_is_told(answers, status):
    async with client(*answers) as api:
        assert (await patience.request(api, "GET", "/")).status_code == status


async def test_patience_ends():
    async with client(None) as api:
        with pytest.raises(httpx.ConnectError):
            await patience.request(api, "GET", "/")


def test_an_api_that_stays_away_is_an_error_event(tmp_path, monkeypatch):
    async def gone(*_: object, **__: object) -> int:
        raise httpx.ConnectError("connection refused")

    monkeypatch.setattr(demo, "run_stack", gone)
    answer = CliRunner().invoke(app, ["demo", "--json", "--data-dir", str(tmp_path)])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == {"event": "error", "code": "api_unreachable", "message": "connection refused"}
    assert "Traceback" not in answer.output
