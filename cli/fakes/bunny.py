"""Bunny's core API on loopback: pull zones, host names and purging, with its errors and its limits."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cli.fakes.serving import Serving

KEY = "0b5e1f0a-a-key-of-an-account-that-must-not-be-seen"
Json = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]


def _new_zone(number: int, name: str) -> Json:
    """A zone as Bunny makes it: open, and with its own ideas about caching."""
    return {
        "Id": number,
        "Name": name,
        "OriginUrl": "",
        "OriginType": 0,
        "Type": 0,
        "ZoneSecurityEnabled": False,
        "ZoneSecurityIncludeHashRemoteIP": False,
        "ZoneSecurityKey": f"0e0c1a52-zone-key-{number}",
        "EnableAccessControlOriginHeader": True,
        "AccessControlOriginHeaderExtensions": ["eot", "ttf", "woff", "woff2", "css"],
        "CacheControlMaxAgeOverride": -1,
        "CacheControlPublicMaxAgeOverride": -1,
        "CacheErrorResponses": False,
        "IgnoreQueryStrings": True,
        "EnableCacheSlice": False,
        "EnableRequestCoalescing": False,
        "VerifyOriginSSL": False,
        "AddHostHeader": False,
        "FollowRedirects": False,
        "AWSSigningEnabled": False,
        "AWSSigningKey": None,
        "AWSSigningSecret": None,
        "AWSSigningRegionName": None,
        "Hostnames": [{"Id": number * 10, "Value": f"{name}.b-cdn.net", "ForceSSL": False, "HasCertificate": True}],
    }


@dataclass
class FakeBunny:
    """One account. ``answers`` come first, in order: a status, a body and headers.

    ``purge_limit`` wildcard purges are taken, then 429 comes until the test raises it. ``certificates``: whether the
    DNS of host names points here. ``tells_secret``: whether a zone shows the secret it signs with.
    """

    key: str = KEY
    zones: dict[int, Json] = field(default_factory=dict)
    purged: list[str] = field(default_factory=list)
    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    purge_limit: int = 20
    certificates: bool = True
    tells_secret: bool = True
    url: str = ""
    _serving: Serving | None = None

    def __enter__(self) -> Self:
        self._serving = Serving(self.app()).__enter__()
        self.url = self._serving.urls[0]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._serving is not None:
            self._serving.__exit__(kind, error, trace)

    def app(self) -> Starlette:
        """The routes, each behind the key and the scripted answers."""
        table: list[tuple[str, str, Endpoint]] = [
            ("POST", "/purge", self._purge),
            ("GET", "/pullzone/loadFreeCertificate", self._certificate),
            ("GET", "/pullzone", self._list),
            ("POST", "/pullzone", self._create),
            ("GET", "/pullzone/{id:int}", self._read),
            ("POST", "/pullzone/{id:int}", self._update),
            ("POST", "/pullzone/{id:int}/addHostname", self._add_hostname),
            ("POST", "/pullzone/{id:int}/setForceSSL", self._force_ssl),
        ]
        return Starlette(routes=[Route(path, self._guarded(call), methods=[method]) for method, path, call in table])

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            self.calls[f"{request.method} {request.url.path}"] += 1
            if self.answers:
                status, body, headers = self.answers.pop(0)
                return JSONResponse(body, status, headers=headers)
            if request.headers.get("AccessKey") != self.key:
                return _error(401, "unauthorized", "The request authorization header is not valid.")
            return await endpoint(request)

        return answer

    async def _purge(self, request: Request) -> Response:
        url = request.query_params.get("url", "")
        if not url.startswith("https://"):
            return _error(400, "url.invalid", "The url is not valid", where="url")
        if len(self.purged) >= self.purge_limit:
            return _error(429, "rate_limited", "Too many purge requests", headers={"Retry-After": "30"})
        self.purged.append(url)
        return Response(status_code=200)

    async def _list(self, request: Request) -> Response:
        search = request.query_params.get("search", "").lower()
        items = [self._shown(zone) for zone in self.zones.values() if search in zone["Name"]]
        return JSONResponse({"Items": items, "CurrentPage": 1, "TotalItems": len(items), "HasMoreItems": False})

    async def _create(self, request: Request) -> Response:
        given = await _body(request)
        name = str(given.get("Name") or "")
        if not name or any(zone["Name"] == name for zone in self.zones.values()):
            return _error(400, "pullzone.name_taken", "The pull zone name is already taken.", where="Name")
        number = 1000 + len(self.zones)
        self.zones[number] = {**_new_zone(number, name), **given}
        return JSONResponse(self._shown(self.zones[number]), 201)

    async def _read(self, request: Request) -> Response:
        zone = self._zone(request)
        return JSONResponse(self._shown(zone)) if zone else _missing()

    async def _update(self, request: Request) -> Response:
        zone = self._zone(request)
        if zone is None:
            return _missing()
        given = await _body(request)
        if unknown := set(given) - set(zone) | {"ZoneSecurityKey", "Hostnames"} & set(given):
            return _error(400, "validation_error", "The field cannot be set.", where=min(unknown))
        zone |= given
        return JSONResponse(self._shown(zone))

    async def _add_hostname(self, request: Request) -> Response:
        zone, given = self._zone(request), await _body(request)
        if zone is None:
            return _missing()
        entry = {"Id": 7, "Value": given["Hostname"], "ForceSSL": False, "HasCertificate": False}
        zone["Hostnames"].append(entry)
        return Response(status_code=204)

    async def _certificate(self, request: Request) -> Response:
        entry = self._hostname(request.query_params.get("hostname", ""))
        if entry is None or not self.certificates:
            return _error(400, "pullzone.hostname_not_pointed", "The hostname does not point at bunny.net.")
        entry["HasCertificate"] = True
        return Response(status_code=200)

    async def _force_ssl(self, request: Request) -> Response:
        given = await _body(request)
        entry = self._hostname(str(given.get("Hostname")))
        if entry is None or not entry["HasCertificate"]:
            return _error(400, "pullzone.no_certificate", "The hostname has no certificate.", where="Hostname")
        entry["ForceSSL"] = bool(given.get("ForceSSL"))
        return Response(status_code=204)

    def _zone(self, request: Request) -> Json | None:
        return self.zones.get(request.path_params["id"])

    def _hostname(self, name: str) -> Json | None:
        entries: list[Json] = [entry for zone in self.zones.values() for entry in zone["Hostnames"]]
        return next((entry for entry in entries if entry["Value"] == name), None)

    def _shown(self, zone: Json) -> Json:
        return zone if self.tells_secret else {**zone, "AWSSigningSecret": None}


async def _body(request: Request) -> Json:
    found = json.loads(await request.body() or b"{}")
    return found if isinstance(found, dict) else {}


def _error(
    status: int, key: str, message: str, *, where: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse({"ErrorKey": key, "Field": where, "Message": message}, status, headers=headers)


def _missing() -> Response:
    return _error(404, "pullzone.not_found", "The requested Pull Zone was not found.")
