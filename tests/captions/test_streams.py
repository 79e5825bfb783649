"""Captions come to published streams, follow every change, and leave the rest of the playlists alone."""

import asyncio
import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select

from shared.clients.s3 import S3, StorageUnavailable
from shared.clock import utc_now
from shared.db.session import Database
from shared.encoding import captions as captions_service
from shared.encoding import service as encoding_service
from shared.encoding.models import Generation, GenerationStatus
from shared.encoding.subtitles import Track, media_playlist, with_tracks
from shared.jobs.models import Outbox
from tests.captions.conftest import MULTIVARIANT, Stage
from tests.factories import make_video

CUES = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n{}\n"
_MEDIA = re.compile(r"#EXT-X-MEDIA:TYPE=SUBTITLES,.*")


async def put(editor: httpx.AsyncClient, video_id: UUID, language: str, text: str, **query: str) -> dict[str, Any]:
    answer = await editor.put(
        f"/api/videos/{video_id}/captions/{language}", content=CUES.format(text).encode(), params=query
    )
    assert answer.is_success, answer.text
    return dict(answer.json())


async def shown(client: httpx.AsyncClient, video_id: UUID) -> dict[str, str]:
    """What a viewer reads, by language, through the playback answer."""
    captions = (await client.get(f"/api/videos/{video_id}/playback")).json()["captions"]
    return {caption["language"]: (await client.get(caption["url"])).text for caption in captions}


async def is_stale(database: Database, video_id: UUID) -> bool:
    async with database.session() as session:
        query = select(col(Generation.captions_stale)).where(
            col(Generation.video_id) == video_id, col(Generation.status) == GenerationStatus.published
        )
        return bool((await session.scalars(query)).one())


def test_playlists_change_in_nothing_else() -> None:
    tracks = [Track("de", 'Deu"tsch', "aa"), Track("en", "Deutsch", "bb")]
    made = with_tracks(MULTIVARIANT, tracks)
    assert made.splitlines()[4:6] == [
        (
            '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="Deutsch",LANGUAGE="de",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,'
            'URI="captions/de-aa/index.m3u8"'
        ),
        (
            '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="Deutsch (en)",LANGUAGE="en",AUTOSELECT=YES,DEFAULT=NO,'
            'FORCED=NO,URI="captions/en-bb/index.m3u8"'
        ),
    ]
    streams = [line for line in made.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    assert all(line.endswith(',AUDIO="audio",SUBTITLES="subs"') for line in streams)
    assert "SUBTITLES" not in made.splitlines()[-1]
    assert with_tracks(made, tracks) == made
    assert with_tracks(made, tracks[:1]) == with_tracks(MULTIVARIANT, tracks[:1])
    assert with_tracks(made, []) == MULTIVARIANT


def test_the_media_playlist_is_one_segment() -> None:
    assert media_playlist(12.5).splitlines()[2:] == [
        "#EXT-X-TARGETDURATION:13",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXTINF:12.500000,",
        "captions.vtt",
        "#EXT-X-ENDLIST",
    ]


async def test_a_change_comes_to_the_stream(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, stage: Stage
) -> None:
    video_id = await stage.publish("g1")
    master = f"{video_id}/g1/master.m3u8"
    early = await put(editor, video_id, "de", "Hallo")
    assert early["url"] == f"http://vms.test/api/videos/{video_id}/captions/de"
    assert await shown(anonymous, video_id) == {"de": CUES.format("Hallo")}

    await stage.writer.write()
    (line,) = _MEDIA.findall(await stage.read(master))
    assert 'NAME="Deutsch",LANGUAGE="de"' in line
    listed = (await editor.get(f"/api/videos/{video_id}/captions")).json()["items"][0]
    assert "/media/" in listed["url"]
    assert await shown(anonymous, video_id) == {"de": CUES.format("Hallo")}
    assert (await anonymous.get(listed["url"])).headers["Content-Type"] == "text/vtt; charset=utf-8"
    hls = (await anonymous.get(f"/api/videos/{video_id}/playback")).json()["hlsUrl"]
    playlist = await anonymous.get(hls.replace("master.m3u8", re.findall('URI="([^"]+)"', line)[0]))
    assert "#EXTINF:12.500000,\ncaptions.vtt\n" in playlist.text

    old = await stage.listing(f"{video_id}/g1/captions/")
    await put(editor, video_id, "de", "Servus")
    await put(editor, video_id, "en", "Hello", label='Eng"lish')
    assert await shown(anonymous, video_id) == {"de": CUES.format("Servus"), "en": CUES.format("Hello")}
    await stage.writer.write()
    assert await shown(anonymous, video_id) == {"de": CUES.format("Servus"), "en": CUES.format("Hello")}
    lines = _MEDIA.findall(await stage.read(master))
    assert ['NAME="Deutsch"' in lines[0], 'NAME="English"' in lines[1], len(lines)] == [True, True, 2]
    assert old < await stage.listing(f"{video_id}/g1/captions/"), "who has begun to watch still needs them"

    for language in ("de", "en"):
        await editor.delete(f"/api/videos/{video_id}/captions/{language}")
    assert await shown(anonymous, video_id) == {}
    await stage.writer.write()
    assert await stage.read(master) == MULTIVARIANT
    assert not await is_stale(database, video_id)


async def test_what_was_replaced_goes_after_an_hour(
    editor: httpx.AsyncClient, database: Database, stage: Stage
) -> None:
    video_id = await stage.publish("g1")
    await put(editor, video_id, "de", "one")
    await stage.writer.write()
    (old,) = {key.rpartition("/")[0] + "/" for key in await stage.listing(f"{video_id}/g1/captions/")}
    await put(editor, video_id, "de", "two")
    await put(editor, video_id, "de", "one")
    await stage.writer.write()
    async with database.session() as session:
        rows = [row for row in await session.scalars(select(Outbox)) if row.payload.get("prefix") == old]
    assert len(rows) == 1
    assert 3500 < (rows[0].available_at - utc_now()).total_seconds() < 3700
    assert old not in await stage.read(f"{video_id}/g1/master.m3u8"), "the same words again have another name"


async def test_every_generation_gets_them(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, stage: Stage
) -> None:
    video_id = await stage.publish("g1")
    await put(editor, video_id, "de", "Hallo")
    await stage.writer.write()
    await stage.publish("g2", video_id)
    assert await is_stale(database, video_id)
    await stage.writer.write()
    assert _MEDIA.findall(await stage.read(f"{video_id}/g2/master.m3u8"))
    assert await shown(anonymous, video_id) == {"de": CUES.format("Hallo")}
    without = await stage.publish("g1")
    assert not await is_stale(database, without)


class Failing:
    """Storage that breaks down at one of the writes, after it was done or before."""

    def __init__(self, s3: S3, at: int, *, after: bool) -> None:
        self._s3, self._left, self._after = s3, at, after
        self.get, self.list_objects = s3.get, s3.list_objects

    async def put(self, *args: Any, **kwargs: Any) -> None:
        self._left -= 1
        if self._left or self._after:
            await self._s3.put(*args, **kwargs)
        if not self._left:
            raise StorageUnavailable("broken")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
async def test_cut_off_anywhere_it_is_repeated(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, stage: Stage, at: int, after: bool
) -> None:
    video_id = await stage.publish("g1")
    await put(editor, video_id, "de", "Hallo")
    failing: Any = Failing(stage.s3, at, after=after)
    await type(stage.writer)(database, failing).write()
    assert await is_stale(database, video_id)
    assert await shown(anonymous, video_id) == {"de": CUES.format("Hallo")}
    await stage.writer.write()
    assert not await is_stale(database, video_id)
    (line,) = _MEDIA.findall(await stage.read(f"{video_id}/g1/master.m3u8"))
    (uri,) = re.findall('URI="([^"]+)"', line)
    playlist = f"{video_id}/g1/{uri}"
    assert await stage.listing(f"{video_id}/g1/captions/") == {playlist, playlist.replace("index.m3u8", "captions.vtt")}


async def test_one_that_fails_does_not_hold_up_the_others(
    editor: httpx.AsyncClient, database: Database, stage: Stage
) -> None:
    broken, good = await stage.publish("g1"), await stage.publish("g1")
    await stage.s3.delete(stage.settings.s3_hls_bucket, f"{broken}/g1/master.m3u8")
    for video_id in (broken, good):
        await put(editor, video_id, "de", "Hallo")
    await stage.writer.write()
    assert [await is_stale(database, video_id) for video_id in (broken, good)] == [True, False]
    await editor.delete(f"/api/videos/{broken}/captions/de")
    await editor.delete(f"/api/videos/{broken}")


async def test_a_change_while_they_are_written_is_not_missed(
    editor: httpx.AsyncClient, database: Database, stage: Stage
) -> None:
    video_id = await stage.publish("g1")
    await put(editor, video_id, "de", "one")
    async with database.session() as session:
        generation = await encoding_service.published_generation(session, video_id)
        assert generation is not None
        slow = await captions_service.work_of(session, generation.id)
    assert slow is not None
    await put(editor, video_id, "de", "two")
    await stage.writer.write()
    assert not await is_stale(database, video_id)
    # The slow worker has put its playlist over that of the other one, and says so.
    async with database.session() as session:
        assert not await captions_service.note_written(session, slow, leftovers=())
    assert await is_stale(database, video_id)
    await stage.writer.write()


async def test_two_workers_at_once(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, stage: Stage
) -> None:
    video_id = await stage.publish("g1")
    other = type(stage.writer)(database, stage.s3)
    for number in range(5):
        writes = (put(editor, video_id, "de", f"text {number}"), stage.writer.write(), other.write())
        await asyncio.gather(*writes)
    while await is_stale(database, video_id):
        await stage.writer.write()
    assert await shown(anonymous, video_id) == {"de": CUES.format("text 4")}
    (line,) = _MEDIA.findall(await stage.read(f"{video_id}/g1/master.m3u8"))
    assert re.findall('URI="captions/(.+)/index.m3u8"', line)[0] in str(
        (await editor.get(f"/api/videos/{video_id}/captions")).json()
    )


async def test_nothing_to_watch_has_no_captions(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database, visibility="public")
    await put(editor, video_id, "de", "Hallo")
    assert (await anonymous.get(f"/api/videos/{video_id}/playback")).json()["captions"] == []
