"""Small files in requests: the whole body, or the part ``file`` of a form."""

import re
from collections.abc import Collection
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import UploadFile

from shared.encoding import images, webvtt
from shared.errors import FieldError, InvalidInput, UnsupportedMedia

_FORM: Final = "multipart/form-data"
# What a form adds to a file.
_FORM_BYTES = 64 * 1024
# Paths whose bodies may be larger than others, and how large.
LARGER_BODIES: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"/api/videos/[^/]+/captions/[^/]+"), webvtt.MAX_BYTES + _FORM_BYTES),
    (re.compile(r"/api/videos/[^/]+/poster"), images.MAX_BYTES + _FORM_BYTES),
)


async def read_file(request: Request, types: Collection[str]) -> bytes:
    """The bytes of the file. What kind of file it is, is told by them and not by its type; a type that is clearly for
    something else is refused all the same.

    :raises UnsupportedMedia: the body is of no type in ``types``, and no form.
    :raises InvalidInput: a form without a part ``file`` that is a file.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _FORM:
        async with request.form(max_files=1, max_fields=8) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                message = "must be a file"
                raise InvalidInput(f"The part `file` {message}", errors=(FieldError("/file", "missing", message),))
            return await file.read()
    if kind and kind not in types:
        raise UnsupportedMedia(f"Send {', '.join(sorted(types))} or {_FORM}")
    return await request.body()


def documented_file(types: Collection[str]) -> dict[str, Any]:
    """OpenAPI of such a body."""
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"file": binary}, "required": ["file"]}
    content = {**{name: {"schema": binary} for name in sorted(types)}, _FORM: {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}
