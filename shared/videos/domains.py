"""Names of the hosts whose pages may embed a video, as ``frame-ancestors`` takes them (CSP 3, 2.3.1)."""

import re
from typing import Final

from pydantic_core import Url, ValidationError

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_IPV4: Final = re.compile(r"[0-9.]+")
_NO_NAME: Final = re.compile(r"[\x00-\x20\x7f/\\?#@:%\[\]*]")
_MAX_GIVEN: Final = 1000
_WRONG: Final = (
    "must be a host name such as www.example.org, or *.example.org for all below it: no scheme, port, path or address"
)


def domain_name(given: str) -> str:
    """The name in lower case and Punycode, without a dot at its end; a leading ``*.`` stays.

    :raises ValueError: it is no name of a host.
    """
    wildcard, name = ("*.", given[2:]) if given.startswith("*.") else ("", given)
    if not name or len(given) > _MAX_GIVEN or _NO_NAME.search(name):
        raise ValueError(_WRONG)
    try:
        host = (Url(f"https://{name}/").host or "").removesuffix(".")
    except ValidationError:
        raise ValueError(_WRONG) from None
    if not _HOST.fullmatch(host) or _IPV4.fullmatch(host) or len(wildcard + host) > 255:
        raise ValueError(_WRONG)
    # `*.org` is no answer to the question who may embed.
    if wildcard and "." not in host:
        raise ValueError(_WRONG)
    return wildcard + host
