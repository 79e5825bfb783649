"""Entity tags: an answer that the caller has already, and writes that want to find what was read."""

import httpx
import pytest

from shared.db.session import Database
from tests.factories import make_video


@pytest.mark.parametrize("path", ["/api/videos", "/api/videos/{id}", "/api/courses", "/api/auth/me", "/api/tags"])
async def test_what_the_caller_has_is_not_sent_again(viewer: httpx.AsyncClient, database: Database, path: str) -> None:
    path = path.format(id=await make_video(database))
    first = await viewer.get(path)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await viewer.get(path, headers={"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert (await viewer.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_the_tag_follows_every_change(editor: httpx.AsyncClient, database: Database) -> None:
    path = f"/api/videos/{await make_video(database)}"
    seen = [(await editor.get(path)).headers["ETag"]]
    for body in ({"title": "Other"}, {"tags": ["a"]}, {"pipelineStage": "review"}):
        answer = await editor.patch(path, json=body, headers={"If-Match": seen[-1]})
        assert answer.status_code == 200
        seen.append(answer.headers["ETag"])
        assert (await editor.get(path)).headers["ETag"] == seen[-1]
    await editor.post(f"{path}/platforms", json={"platform": "youtube", "externalId": "dQw4w9WgXc" + "Q"})
    seen.append((await editor.get(path)).headers["ETag"])
    await editor.delete(f"{path}/platforms/youtube")
    assert len(set(seen)) == 5
    assert (await editor.patch(path, json={"title": "Late"}, headers={"If-Match": seen[0]})).status_code == 412


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("If-Match", "{tag}")], 200),
        ([("If-Match", "*")], 200),
        ([("If-Match", '"other", {tag}')], 200),
        ([("If-Match", '"other"'), ("If-Match", "{tag}")], 200),
        ([("If-Match", '"other"')], 412),
        ([("If-Match", "W/{tag}")], 412),
        ([("If-Match", "")], 412),
        ([("If-Match", "{bare}")], 412),
    ],
)
async def test_if_match(
    editor: httpx.AsyncClient, database: Database, headers: list[tuple[str, str]], status: int
) -> None:
    path = f"/api/videos/{await make_video(database)}"
    tag = (await editor.get(path)).headers["ETag"]
    filled = [(name, value.format(tag=tag, bare=tag.strip('"'))) for name, value in headers]
    answer = await editor.patch(path, json={"title": "New"}, headers=filled)
    assert answer.status_code == status
    title = (await editor.get(path)).json()["title"]
    assert title == ("New" if status == 200 else "A video")
