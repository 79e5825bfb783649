"""The player in somebody's page: what its address asks for, what the page hears, and what it may ask."""

from urllib.parse import quote

import pytest

from tests.player.chrome import Chrome
from tests.player.site import VIDEO_ID, Site

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("player")]

VIMEO = "https://player.vimeo.com/video/76979871?h=8272103f6e"
# Speaks as Vimeo's player does to player.js.
VIMEO_PAGE = """<!doctype html><script>
  const say = (event, data) => parent.postMessage(JSON.stringify({ event, data }), "*");
  const wanted = new Set();
  addEventListener("message", ({ data: { method, value } }) => {
    if (method === "addEventListener") wanted.add(value);
    if (method === "play" && wanted.has("play")) say("play", { seconds: 1.5, duration: 9, percent: 0.1 });
    if (method === "setCurrentTime" && wanted.has("seeked")) say("seeked", { seconds: value, duration: 9 });
  });
  say("ready");
</script>"""


def parent(site: Site, src: str) -> str:
    """The page that embeds it, of another site than the player's."""
    return f"{site.url.replace('127.0.0.1', 'localhost')}/parent?src={quote(src, safe='')}"


async def test_the_page_hears_and_steers_the_player(chrome: Chrome, site: Site):
    site.hls()
    async with chrome.page() as page:
        await page.goto(parent(site, f"{site.embed}?muted"))
        ready = await page.until("last('ready')", seconds=20)
        assert {**ready, "at": 0} == {
            "source": "vms-player", "version": 1, "event": "ready", "videoId": VIDEO_ID, "duration": 16, "at": 0,
        }  # fmt: skip
        await page.run("f.contentWindow.postMessage({ target: 'vms-player', version: 2, command: 'play' }, '*')")
        await page.run("f.contentWindow.postMessage('nonsense', '*')")
        assert not await page.run("last('play')")
        await page.run("ask('play')")
        await page.until("last('timeupdate')?.seconds > 1")
        times = await page.run("heard.filter(({event}) => event === 'timeupdate').map(({at}) => at)")
        assert len(times) <= 1 + 4 * (times[-1] - times[0]) / 1000 + 1
        await page.run("ask('seek', { seconds: 9 })")
        assert (await page.until("last('seeked')"))["seconds"] == pytest.approx(9, abs=0.5)
        await page.run("ask('mute', { muted: false })")
        assert (await page.until("last('volumechange')?.muted === false && last('volumechange')"))["volume"] == 1
        await page.run("ask('pause')")
        await page.until("last('pause')")


async def test_a_page_that_is_open_when_the_hosting_changes_keeps_playing(chrome: Chrome, site: Site):
    """Back at Vimeo: the media stop, and the player goes on where it was, with what the playback answers then."""
    site.hls()
    async with chrome.page() as page:
        await page.reply("https://player.vimeo.com", VIMEO_PAGE)
        await page.goto(f"{site.url}/parent?src={quote(f'{site.embed}?muted&t=6', safe='')}")
        await page.until("last('ready')", seconds=20)
        await page.until(
            "f.contentWindow.performance.getEntriesByType('resource').some(({name}) => name.endsWith('/master.m3u8'))"
        )
        site.token = "another"
        site.playback = (200, {"provider": "vimeo", "embedUrl": VIMEO})
        await page.run("ask('play')")
        src = await page.until("f.contentDocument.querySelector('iframe.vimeo')?.src", seconds=20)
        assert src == f"{VIMEO}&autoplay=1&muted=1#t=6s"
        await page.until("heard.filter(({event}) => event === 'ready').length === 2")
        await page.run("ask('play')")
        heard = await page.until("last('play').seconds === 1.5 && last('play')")
        assert {**heard, "at": 0} == {
            "source": "vms-player", "version": 1, "event": "play", "videoId": VIDEO_ID, "seconds": 1.5, "duration": 9,
            "at": 0,
        }  # fmt: skip


async def test_what_the_address_asks_for(chrome: Chrome, site: Site):
    url = f"{site.url}/media/first"
    captions = [{"language": name, "label": name, "url": f"{url}/en.vtt"} for name in ("en", "de-AT")]
    site.hls(captions=captions)
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?start=1m5s&captions=de&color=f60&controls=0&loop")
        await page.until("document.querySelectorAll('track')[1]?.track.mode === 'showing'")
        assert await page.run("document.querySelector('video').loop")
        assert await page.run("getComputedStyle(document.querySelector('.bar')).display") == "none"
        style = "getComputedStyle(document.documentElement).getPropertyValue"
        assert await page.run(f"{style}('--accent')") == "#ff6600"
        assert not page.problems


async def test_vimeo_is_asked_for_the_same(chrome: Chrome, site: Site):
    site.playback = (200, {"provider": "vimeo", "embedUrl": VIMEO})
    async with chrome.page() as page:
        await page.reply("https://player.vimeo.com", "<title>Vimeo</title>")
        await page.goto(f"{site.embed}?t=90&autoplay&muted&loop=1&color=%2300adef&captions=de&controls=off")
        src = await page.until("document.querySelector('iframe')?.src")
        assert src == f"{VIMEO}&autoplay=1&muted=1&loop=1&controls=0&color=00adef&texttrack=de#t=90s"
