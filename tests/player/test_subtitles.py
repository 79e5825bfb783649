"""The subtitle group that captions add to a stream, in a player that we did not write: hls.js as it is published."""

import shutil
from pathlib import Path

import pytest

from shared.encoding.subtitles import FILE, PLAYLIST, Track, media_playlist, with_tracks
from shared.encoding.webvtt import clean
from tests.player.chrome import Chrome
from tests.player.site import SECONDS, Site
from tests.player.web_build import WEB

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("player")]

PAGE = """<!doctype html><title>hls.js</title><link rel="icon" href="data:,"><video muted></video>
<script src="hls.js"></script><script>
const video = document.querySelector("video"), hls = new Hls({ enableWorker: false });
hls.loadSource("captioned.m3u8"); hls.attachMedia(video);
</script>"""
TEXTS = {"de": "Grüße", "en": "Greetings"}


@pytest.fixture
def captioned(media: Path, web_dist: Path) -> None:
    """The stream with captions in two languages, and the page."""
    tracks = [Track(language, language.upper(), "v1") for language in TEXTS]
    for track in tracks:
        folder = media / track.directory
        folder.mkdir(parents=True, exist_ok=True)
        body = f"1\n00:00:01,000 --> 00:00:09,500\n{TEXTS[track.language]}\n"
        (folder / FILE).write_text(clean(body.encode(), track.language))
        (folder / PLAYLIST).write_text(media_playlist(SECONDS))
    (media / "captioned.m3u8").write_text(with_tracks((media / "master.m3u8").read_text(), tracks))
    (media / "plain.html").write_text(PAGE)
    shutil.copy(WEB / "node_modules" / "hls.js" / "dist" / "hls.js", media)


async def test_another_player_shows_them(chrome: Chrome, site: Site, captioned: None):
    async with chrome.page() as page:
        await page.goto(f"{site.url}/media/{site.token}/plain.html")
        await page.until("hls.subtitleTracks.length === 2")
        assert await page.run("hls.subtitleTracks.map(({ name, lang }) => `${name} ${lang}`)") == ["DE de", "EN en"]
        assert await page.run("hls.subtitleTrack") == -1, "off until it is chosen"
        await page.run("hls.subtitleTrack = 1, video.play()")
        shown = "[...video.textTracks].find(({ mode }) => mode === 'showing')"
        await page.until(f"{shown}.activeCues[0].text === 'Greetings'")
        assert await page.run(f"{shown}.cues.length") == 1
        assert await page.run(f"Math.abs({shown}.cues[0].startTime - 1) < 0.01")
        await page.run("hls.subtitleTrack = 0")
        await page.until(f"{shown}.activeCues[0].text === 'Grüße'")
        assert page.failed_requests == []


async def test_ours_offers_each_language_once(chrome: Chrome, site: Site):
    """Safari finds the group in the stream by itself and adds tracks for it; here a script does."""
    site.hls(captions=[{"language": "en", "label": "English", "url": f"{site.url}/media/{site.token}/en.vtt"}])
    async with chrome.page() as page:
        await page.goto(site.embed)
        await page.until("document.querySelector('video').textTracks.length === 1")
        await page.run("document.querySelector('video').addTextTrack('subtitles', 'English', 'en').mode = 'showing'")
        await page.click("[aria-label='Quality and speed']")
        labels = "[...document.querySelectorAll('.menu-item')].map((item) => item.innerText)"
        assert (await page.until(f"{labels}.includes('English') && {labels}")).count("English") == 1
        await page.run("[...document.querySelectorAll('.menu-item')].find((i) => i.innerText === 'English').click()")
        modes = "[...document.querySelector('video').textTracks].map(({ mode }) => mode)"
        assert await page.run(modes) == ["showing", "disabled"]
