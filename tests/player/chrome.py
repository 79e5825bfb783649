"""A real Chromium, driven over the DevTools protocol. Waiting happens in the page, on its own frames."""

import asyncio
import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)
Json = dict[str, Any]


def find_chromium() -> str:
    """The browser: CHROMIUM, or one on the path, or Debian's, installed where we are root and apt is there."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    if found:
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.fail("The player is tested in Chromium: install it, or name it in the variable CHROMIUM")
    with (Path(tempfile.gettempdir()) / "vms-chromium-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run(
                ["apt-get", "-qq", *command], env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.fail(f"Chromium is missing, and apt-get {command[0]} failed: {done.stderr.strip()[-500:]}")
    return shutil.which("chromium") or pytest.fail("Chromium was installed but is not on the path")


class Page:
    """One tab. ``problems`` collects console errors, uncaught exceptions and policy violations."""

    def __init__(self, browser: "Chrome", session_id: str) -> None:
        self._browser = browser
        self.session_id = session_id
        self.problems: list[str] = []
        self.failed_requests: list[str] = []
        self.replies: dict[str, Json] = {}

    async def send(self, method: str, **params: Any) -> Json:
        return await self._browser.send(method, params, self.session_id)

    async def goto(self, url: str) -> None:
        answer = await self.send("Page.navigate", url=url)
        assert "errorText" not in answer, answer

    async def run(self, expression: str) -> Any:
        """The value of an expression; promises are awaited."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, expression: str, *, seconds: float = 10) -> Any:
        """Wait until the expression is truthy and give its value; navigation in between is survived."""
        poll = f"""new Promise((resolve) => {{
          const end = performance.now() + {seconds * 1000};
          const look = () => {{
            let value; try {{ value = ({expression}); }} catch {{}}
            if (value || performance.now() > end) resolve(value || null); else requestAnimationFrame(look);
          }};
          look();
        }})"""
        value = await self.run(poll)
        if value is None:
            seen = await self.run("document.body?.innerText + ' | ' + document.querySelector('#player')?.innerHTML")
            pytest.fail(f"not in {seconds} s: {expression}\n{seen[:2000]}\n{self.problems} {self.failed_requests}")
        return value

    async def box(self, selector: str) -> tuple[float, float, float, float]:
        """x, y, width, height of an element."""
        return tuple(
            await self.run(
                f"(({{x, y, width, height}}) => [x, y, width, height])"
                f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
            )
        )

    async def move(self, selector: str, *, at: float = 0.5) -> None:
        """Put the mouse on the element, ``at`` of its width."""
        x, y, width, height = await self.box(selector)
        await self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x + width * at, y=y + height / 2)

    async def click(self, selector: str, *, at: float = 0.5) -> None:
        x, y, width, height = await self.box(selector)
        where = {"x": x + width * at, "y": y + height / 2, "button": "left", "clickCount": 1}
        await self.send("Input.dispatchMouseEvent", type="mouseMoved", x=where["x"], y=where["y"])
        await self.send("Input.dispatchMouseEvent", type="mousePressed", **where)
        await self.send("Input.dispatchMouseEvent", type="mouseReleased", **where)

    async def tap(self, selector: str) -> None:
        """Touch the middle of the element with a finger."""
        x, y, width, height = await self.box(selector)
        await self.send("Emulation.setTouchEmulationEnabled", enabled=True)
        point = {"x": x + width / 2, "y": y + height / 2}
        await self.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[point])
        await self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    async def press(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        codes = {"ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "Escape": 27, "Tab": 9}
        code = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        await self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **code)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    async def resize(self, width: int, height: int) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def screenshot(self, file: Path) -> None:
        answer = await self.send("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(answer["data"]))

    async def reply(self, origin: str, body: str) -> None:
        """Answer every request to that origin here, so that nothing leaves the machine."""
        self.replies[origin] = {"body": base64.b64encode(body.encode()).decode()}
        await self.send("Fetch.enable", patterns=[{"urlPattern": f"{name}/*"} for name in self.replies])

    def on_event(self, method: str, params: Json) -> None:
        if method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(params["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled" and params["type"] in {"error", "assert"}:
            self.problems.append(json.dumps(params["args"])[:500])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            entry = params["entry"]
            target = self.failed_requests if entry["source"] == "network" else self.problems
            target.append(f"{entry['text']} {entry.get('url', '')}")
        elif method == "Audits.issueAdded" and params["issue"]["code"] == "ContentSecurityPolicyIssue":
            self.problems.append(json.dumps(params["issue"]["details"])[:500])
        elif method == "Fetch.requestPaused":
            reply = next(reply for origin, reply in self.replies.items() if params["request"]["url"].startswith(origin))
            headers = [{"name": "Content-Type", "value": "text/html"}]
            self._browser.post(
                "Fetch.fulfillRequest",
                {"requestId": params["requestId"], "responseCode": 200, "responseHeaders": headers, **reply},
                self.session_id,
            )


class Chrome:
    """The browser's one WebSocket, with a session per tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last_id = 0
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._pages: dict[str, Page] = {}
        self._background: set[asyncio.Task[Any]] = set()

    async def send(self, method: str, params: Json, session_id: str | None = None) -> Json:
        self._last_id += 1
        self._waiting[self._last_id] = future = asyncio.get_running_loop().create_future()
        message = {"id": self._last_id, "method": method, "params": params}
        await self._socket.send_json({**message, "sessionId": session_id} if session_id else message)
        answer = await asyncio.wait_for(future, 30)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def post(self, method: str, params: Json, session_id: str) -> None:
        task = asyncio.ensure_future(self.send(method, params, session_id))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def listen(self) -> None:
        async for message in self._socket:
            data = json.loads(message.data)
            if "id" in data:
                future = self._waiting.pop(data["id"], None)
                if future and not future.done():
                    future.set_result(data)
            elif page := self._pages.get(data.get("sessionId", "")):
                page.on_event(data["method"], data["params"])

    @asynccontextmanager
    async def page(self, *, width: int = 1280, height: int = 720) -> AsyncIterator[Page]:
        """A new tab, closed afterwards. It fails the test if its console was not clean."""
        target = (await self.send("Target.createTarget", {"url": "about:blank"}))["targetId"]
        attached = await self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = self._pages[attached["sessionId"]] = Page(self, attached["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Audits"):
            await page.send(f"{domain}.enable")
        await page.resize(width, height)
        try:
            yield page
            assert page.problems == []
        finally:
            await self.send("Target.closeTarget", {"targetId": target})
            del self._pages[page.session_id]


@asynccontextmanager
async def launch(executable: str, profile: Path) -> AsyncIterator[Chrome]:
    """Start the browser with a fresh profile and stop it at the end."""
    process = await asyncio.create_subprocess_exec(
        executable,
        *FLAGS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr
    said: list[str] = []

    async def address() -> str:
        assert process.stderr
        async for line in process.stderr:
            said.append(line.decode(errors="replace"))
            if "DevTools listening on " in said[-1]:
                return said[-1].rpartition(" ")[2].strip()
        return pytest.fail(f"Chromium did not start: {''.join(said)[-2000:]}")

    drain: asyncio.Task[Any] | None = None
    try:
        url = await asyncio.wait_for(address(), 30)
        drain = asyncio.create_task(_drain(process.stderr.readline))
        async with aiohttp.ClientSession() as http, http.ws_connect(url, max_msg_size=0) as socket:
            chrome = Chrome(socket)
            listening = asyncio.create_task(chrome.listen())
            try:
                yield chrome
                await chrome.send("Browser.close", {})
            finally:
                listening.cancel()
    finally:
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
        if drain:
            await drain


async def _drain(readline: Callable[[], Any]) -> None:
    """A full pipe would stop the browser."""
    while await readline():
        pass
