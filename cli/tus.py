"""A small tus client: creates an upload, sends a file, and goes on from where the server stopped when it breaks off."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import httpx

from cli import patience

VERSION = {"Tus-Resumable": "1.0.0"}
_CHUNK_BYTES = 1024 * 1024
_TRIES = 6


class UploadFailed(Exception):
    """The server refused the file, or could not be reached for long; ``code`` is the server's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


async def upload(
    client: httpx.AsyncClient,
    path: str,
    file: Path,
    *,
    metadata: Mapping[str, str],
    on_sent: Callable[[int], None],
) -> httpx.Headers:
    """Send ``file`` and return the headers of the answer that completed it.

    ``on_sent`` is told the number of bytes handed over so far.

    :raises UploadFailed: refused for good, or six tries in a row got nowhere.
    :raises httpx.TransportError: the API could not be reached to begin with.
    """
    encoded = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in metadata.items())
    size = file.stat().st_size
    headers = {**VERSION, "Upload-Length": str(size), "Upload-Metadata": encoded}
    created = await patience.request(client, "POST", path, headers=headers)
    _raise_for_refusal(created)
    if size == 0:
        return created.headers
    url = created.headers["Location"]
    offset, failures = 0, 0
    while True:
        try:
            answer = await client.patch(
                url,
                headers={**VERSION, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"},
                content=_chunks(file, offset, on_sent),
                timeout=httpx.Timeout(30, read=300),
            )
            if answer.is_success:
                offset = int(answer.headers["Upload-Offset"])
                if offset == size:
                    return answer.headers
                failures = 0
                continue
            if answer.status_code not in {409, 423} and answer.status_code < 500:
                _raise_for_refusal(answer)
            problem = f"HTTP {answer.status_code}"
        except httpx.TransportError as error:
            problem = str(error) or type(error).__name__
        failures += 1
        if failures == _TRIES:
            raise UploadFailed("upload_failed", f"The upload stopped at {offset} of {size} bytes: {problem}")
        await asyncio.sleep(0.2 * 2**failures)
        offset = await _offset(client, url, offset)


async def _offset(client: httpx.AsyncClient, url: str, known: int) -> int:
    """What the server has; the known offset while it does not answer."""
    try:
        answer = await client.head(url, headers=VERSION)
    except httpx.TransportError:
        return known
    if answer.status_code in {404, 410}:
        raise UploadFailed("upload_gone", "The server has dropped the upload")
    return int(answer.headers.get("Upload-Offset", known))


async def _chunks(file: Path, offset: int, on_sent: Callable[[int], None]) -> AsyncIterator[bytes]:
    with file.open("rb") as stream:
        stream.seek(offset)
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
            offset += len(chunk)
            on_sent(offset)


def _raise_for_refusal(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        problem = answer.json()
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError):
        code, detail = "upload_failed", f"HTTP {answer.status_code}"
    raise UploadFailed(code, detail)
