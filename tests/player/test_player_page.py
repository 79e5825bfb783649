"""The embed page in a real browser: it plays, it can be steered, and it says what is wrong."""

import pytest

from tests.player.chrome import Chrome, Page
from tests.player.site import SECONDS, Site

pytestmark = [
    pytest.mark.timeout(300),  # the first test may have to install the browser
    pytest.mark.xdist_group("player"),
]

PLAYING = "document.querySelector('video')?.currentTime > 0.3 && !document.querySelector('video').paused"
MESSAGE = "document.querySelector('.message')?.dataset.kind"
TWICE = "2\N{MULTIPLICATION SIGN}"
MENU_ITEM = "[...document.querySelectorAll('.menu-item')]"


async def choose(page: Page, label: str) -> None:
    """Open the settings if need be and take the item of that name."""
    if await page.run("document.querySelector('.menu').hidden"):
        await page.click("[aria-label='Quality and speed']")
    await page.until(f"{MENU_ITEM}.some((item) => item.innerText === {label!r})")
    await page.run(f"{MENU_ITEM}.find((item) => item.innerText === {label!r}).click()")


async def test_plays_with_sound_and_picture(chrome: Chrome, site: Site):
    site.hls()
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?autoplay=1&muted=1&utm_source=newsletter")
        await page.until(PLAYING)
        await page.until(
            "(v => v.webkitAudioDecodedByteCount > 0 && v.webkitVideoDecodedByteCount > 0 && v.buffered.length === 1)"
            "(document.querySelector('video'))"
        )
        assert await page.run("document.querySelector('video').muted")
        assert await page.until("document.querySelector('.time').textContent.endsWith('/ 0:16')")
        assert page.failed_requests == []
    assert {path.split("/")[0] for path in site.media_paths if path.endswith(".m4s")} >= {"2"}, (
        "audio group not fetched"
    )


async def test_quality_and_speed_menu(chrome: Chrome, site: Site):
    site.hls()
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?autoplay&muted")
        await page.until(PLAYING)
        await page.click("[aria-label='Quality and speed']")
        labels = await page.until(f"{MENU_ITEM}.length > 6 && {MENU_ITEM}.map((item) => item.innerText)")
        assert labels[0].startswith("Auto")
        assert labels[1:3] == ["360p", "180p"]
        await choose(page, TWICE)
        for label, height in (("180p", 180), ("360p", 360)):
            await choose(page, label)
            await page.until(f"document.querySelector('video').videoHeight === {height}")
        assert await page.run("document.querySelector('video').playbackRate") == 2
        checked = f"{MENU_ITEM}.filter((item) => item.ariaChecked === 'true').map((item) => item.innerText)"
        assert await page.run(checked) == ["360p", TWICE]
        await page.press("Escape")
        assert await page.run("document.activeElement.ariaLabel") == "Quality and speed"
        assert await page.run("document.querySelector('.menu').hidden")


async def test_seek_bar_previews_and_seeks(chrome: Chrome, site: Site):
    site.hls()
    async with chrome.page() as page:
        await page.goto(site.embed)
        await page.until("document.querySelector('.seek')?.ariaValueMax === '16'")
        assert not [path for path in site.media_paths if path.endswith(".m4s")], (
            "media fetched before anyone pressed play"
        )
        await page.move(".seek", at=0.7)
        await page.until("document.querySelector('.preview-frame').checkVisibility()")
        picture = "document.querySelector('.preview-picture').style"
        # 70 % of 16 s is in the sixth tile of 2 s: first column, second row.
        assert await page.run(f"{picture}.backgroundPosition") == "0px -90px"
        url = await page.run(f"JSON.parse({picture}.backgroundImage.slice(4, -1))")
        size = await page.run(
            f"new Promise((ok) => {{ const i = new Image(); i.onload = () => ok(i.naturalWidth); i.src = {url!r}; }})"
        )
        assert size == 800
        assert await page.run("document.querySelector('.preview-time').textContent") == "0:11"
        await page.click(".seek", at=0.5)
        await page.click(".big-play")
        await page.until(f"document.querySelector('video').currentTime > {SECONDS / 2}")
        assert float(await page.run("document.querySelector('video').currentTime")) < SECONDS / 2 + 4


async def test_keyboard_and_start_time(chrome: Chrome, site: Site):
    site.hls()
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?t=5")
        await page.until("document.querySelector('.time')?.textContent === '0:05 / 0:16'")
        await page.press("k")
        await page.until("document.querySelector('video').currentTime > 5.2")
        await page.press("k")
        await page.until("document.querySelector('video').paused")
        await page.press("ArrowRight")
        await page.until("document.querySelector('video').currentTime > 10")
        await page.press("m")
        assert await page.run("document.querySelector('video').muted")
        await page.press("ArrowUp")
        assert not await page.run("document.querySelector('video').muted")
        for label in ("Play", "Position", "Play", "Unmute", "Volume", "Quality and speed"):
            await page.press("Tab")
            focused = "document.activeElement"
            assert await page.run(f"{focused}.matches(':focus-visible')")
            assert await page.run(f"{focused}.ariaLabel") in {label, "Mute"}


async def test_a_finger_wakes_the_controls_before_it_pauses(chrome: Chrome, site: Site):
    site.hls()
    async with chrome.page(width=390, height=219) as page:
        await page.goto(f"{site.embed}?autoplay&muted")
        await page.until(PLAYING)
        await page.until("document.querySelector('#player').dataset.idle === ''")
        await page.tap("video")
        await page.until("document.querySelector('#player').dataset.idle === undefined")
        assert not await page.run("document.querySelector('video').paused")
        await page.tap("video")
        await page.until("document.querySelector('video').paused")


async def test_opens_by_itself_once_the_encode_is_done(chrome: Chrome, site: Site):
    site.none(encoding=True, encodingProgress=42.7)
    async with chrome.page() as page:
        await page.goto(site.embed)
        await page.until("document.querySelector('.percent')?.textContent === '42 %'")
        site.none(encoding=True, encodingProgress=97)
        await page.until("document.querySelector('.percent')?.textContent === '97 %'")
        site.hls()
        await page.until("document.querySelector('video') !== null")
        calls = site.playback_calls
    assert calls <= 4


async def test_plays_while_the_rest_is_encoded(chrome: Chrome, site: Site):
    site.growing = True
    site.hls(encoding=True, encodingProgress=60, playableSeconds=8, spritesVttUrl=None)
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?autoplay&muted")
        await page.until(PLAYING)
        assert await page.run("document.querySelector('video').currentTime") < 4, "from the start, not from the newest"
        assert await page.run("document.querySelector('.note').textContent") == "Still being prepared: 60 %"
        assert (await page.run("document.querySelector('.time').textContent")).endswith("/ 0:16")
        await page.press("9")
        await page.until("document.querySelector('video').currentTime > 6.9")
        assert await page.run("document.querySelector('video').currentTime") < 8
        site.growing = False
        site.hls()
        await page.until("document.querySelector('.note').hidden")
        await page.until("document.querySelector('video').currentTime > 9")
        await page.move(".seek", at=0.1)
        await page.move(".seek", at=0.2)
        await page.until("document.querySelector('.preview-frame').checkVisibility()")


async def test_a_re_encode_does_not_disturb(chrome: Chrome, site: Site):
    site.hls(encoding=True, encodingProgress=10)
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?autoplay&muted")
        await page.until(PLAYING)
        assert await page.run("document.querySelector('.note').hidden")


async def test_captions(chrome: Chrome, site: Site):
    url = f"{site.url}/media/{site.token}/en.vtt"
    site.hls(captions=[{"language": "en", "label": "English", "url": url}])
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?autoplay&muted")
        await page.until(PLAYING)
        assert "en.vtt" not in site.media_paths
        await choose(page, "English")
        await page.until("document.querySelector('video').textTracks[0].activeCues?.[0]?.text === 'Hello'")
        await page.press("Escape")
        await page.press("c")
        assert await page.run("document.querySelector('video').textTracks[0].mode") == "disabled"


async def test_says_that_there_is_nothing_yet(chrome: Chrome, site: Site):
    site.none()
    async with chrome.page() as page:
        await page.goto(site.embed)
        assert await page.until(MESSAGE) == "nothing"
        assert "Nothing to watch yet" in await page.run("document.body.innerText")


@pytest.mark.parametrize(("status", "kind"), [(401, "denied"), (403, "denied"), (404, "missing"), (422, "missing")])
async def test_says_what_is_not_allowed_or_not_there(chrome: Chrome, site: Site, status: int, kind: str):
    site.playback = (status, {"status": status})
    async with chrome.page() as page:
        await page.goto(site.embed)
        assert await page.until(MESSAGE) == kind
        assert site.playback_calls == 1


async def test_an_error_can_be_tried_again(chrome: Chrome, site: Site):
    site.playback = (500, {})
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?autoplay&muted")
        assert await page.until(MESSAGE) == "unreachable"
        site.hls()
        await page.click(".retry")
        await page.until(PLAYING)


async def test_broken_media_is_told_and_can_be_tried_again(chrome: Chrome, site: Site):
    site.hls()
    site.token = "another"
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?autoplay&muted")
        assert await page.until(MESSAGE, seconds=20) == "unreachable"
        assert site.playback_calls == 2, "a new answer is fetched once, unasked"
        site.hls()
        await page.click(".retry")
        await page.until(PLAYING)


async def test_a_run_out_token_is_replaced_without_a_word(chrome: Chrome, site: Site):
    site.hls()
    async with chrome.page() as page:
        await page.goto(f"{site.embed}?t=6")
        await page.until("performance.getEntriesByType('resource').some(({name}) => name.endsWith('/master.m3u8'))")
        site.token = "second"
        site.hls()
        await page.press("k")
        await page.until("document.querySelector('video')?.currentTime > 6.3")
        assert site.playback_calls == 2
        assert not await page.run(MESSAGE)


async def test_falls_back_to_vimeo(chrome: Chrome, site: Site):
    site.playback = (200, {"provider": "vimeo", "embedUrl": "https://player.vimeo.com/video/76979871?h=8272103f6e"})
    async with chrome.page() as page:
        await page.reply("https://player.vimeo.com", "<title>Vimeo</title>")
        await page.goto(f"{site.embed}?t=1m5s&autoplay=1")
        src = await page.until("document.querySelector('iframe')?.src")
        assert src == "https://player.vimeo.com/video/76979871?h=8272103f6e&autoplay=1#t=65s"


async def test_never_frames_anything_else(chrome: Chrome, site: Site):
    site.playback = (200, {"provider": "vimeo", "embedUrl": "https://player.vimeo.com.example.net/video/1"})
    async with chrome.page() as page:
        await page.goto(site.embed)
        assert await page.until(MESSAGE) == "broken"
