"""The pull zone as we need it: what differs, and how it gets there. A second run changes nothing.

Field names are those of Bunny's core API (its OpenAPI document); a zone reads our private bucket by signed requests
and serves nothing without a token.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from shared.clients.bunny import Bunny, BunnyError, Missing
from shared.config import Settings

CORS_EXTENSIONS: Final = ("m3u8", "m4s", "mp4", "vtt", "jpg")
_SETS: Final = {"AccessControlOriginHeaderExtensions"}
#: Secrets that Bunny may keep to itself: an answer without them is no difference.
_WRITE_ONLY: Final = {"AWSSigningSecret"}
_SYSTEM_DOMAIN: Final = ".b-cdn.net"
Json = dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What was found and done. ``changed`` holds names of settings, never values. ``notes`` are for the operator."""

    pull_zone_id: int | None = None
    created: bool = False
    changed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    security_key: str | None = None


class NoSuchZone(Exception):
    """BUNNY_PULL_ZONE_ID, or the name, is no pull zone of this account."""


def default_name(settings: Settings) -> str:
    """``vms-`` and the host of PUBLIC_BASE_URL, as Bunny allows names: letters, digits and hyphens."""
    host = urlsplit(settings.public_base_url).hostname or "localhost"
    return re.sub(r"[^a-z0-9]+", "-", f"vms-{host.lower()}").strip("-")[:60]


def origin_url(settings: Settings) -> str:
    """The outputs' bucket by its path."""
    return f"{settings.s3_endpoint_url}/{settings.s3_hls_bucket}"


def wanted(settings: Settings) -> Json:
    """Every setting that delivery depends on."""
    return {
        "OriginUrl": origin_url(settings),
        # The bucket is private.
        "AWSSigningEnabled": True,
        "AWSSigningKey": settings.s3_access_key_id.get_secret_value(),
        "AWSSigningSecret": settings.s3_secret_access_key.get_secret_value(),
        "AWSSigningRegionName": settings.s3_region,
        # The storage knows itself by its own name, which the signature covers.
        "AddHostHeader": False,
        "VerifyOriginSSL": settings.s3_endpoint_url.startswith("https:"),
        "FollowRedirects": False,
        # Tokens are all or nothing; they name a directory and no address of the viewer.
        "ZoneSecurityEnabled": True,
        "ZoneSecurityIncludeHashRemoteIP": False,
        # -1: what the object says. Segments say a year, playlists seconds.
        "CacheControlMaxAgeOverride": -1,
        "CacheControlPublicMaxAgeOverride": -1,
        "CacheErrorResponses": False,
        "IgnoreQueryStrings": True,
        "EnableCacheSlice": True,
        "EnableRequestCoalescing": True,
        "EnableAccessControlOriginHeader": True,
        "AccessControlOriginHeaderExtensions": list(CORS_EXTENSIONS),
    }


def differences(zone: Json, settings: Settings) -> Json:
    """The settings of ``zone`` that are not as we need them, as they have to be."""
    return {name: value for name, value in wanted(settings).items() if not _is_same(name, zone.get(name), value)}


def _is_same(name: str, found: Any, value: Any) -> bool:
    if name in _WRITE_ONLY and (not found or set(str(found)) == {"*"}):
        return True
    if name in _SETS and isinstance(found, list | str):
        words = found.split(",") if isinstance(found, str) else found
        return {str(word).strip().lower() for word in words} >= set(value)
    if name == "OriginUrl" and isinstance(found, str):
        found = found.rstrip("/")
    return bool(found == value)


async def find(bunny: Bunny, settings: Settings, name: str | None) -> Json | None:
    """The zone of BUNNY_PULL_ZONE_ID, or else the one of that name; None when there is none of that name.

    :raises NoSuchZone: BUNNY_PULL_ZONE_ID is not one of this account's.
    :raises BunnyError: Bunny was not to be asked.
    """
    if settings.bunny_pull_zone_id is not None:
        try:
            return await bunny.zone(settings.bunny_pull_zone_id)
        except Missing as error:
            raise NoSuchZone(f"BUNNY_PULL_ZONE_ID={settings.bunny_pull_zone_id}: {error}") from None
    found = await bunny.find_zone(name or default_name(settings))
    # Lists may leave settings out.
    return await bunny.zone(int(found["Id"])) if found else None


async def set_up(bunny: Bunny, settings: Settings, *, name: str | None = None, dry_run: bool = False) -> Outcome:
    """Create the zone if need be, and change what differs. A run that was killed is completed by the next.

    :raises NoSuchZone: BUNNY_PULL_ZONE_ID is not one of this account's.
    :raises BunnyError: Bunny refused or did not answer.
    """
    outcome = Outcome()
    zone = await find(bunny, settings, name)
    if zone is None:
        outcome.created = True
        # What a new zone gets by default is compared like that of an old one.
        given: Json = {"Name": name or default_name(settings), "OriginUrl": origin_url(settings), "OriginType": 0}
        zone = given if dry_run else await bunny.create_zone(given)
    zone_id = int(zone["Id"]) if "Id" in zone else 0
    outcome.pull_zone_id = zone_id or None
    differing = differences(zone, settings)
    if outcome.created:  # no zone gives the secret of another
        differing["AWSSigningSecret"] = settings.s3_secret_access_key.get_secret_value()
    elif "AWSSigningKey" in differing:
        differing.setdefault("AWSSigningSecret", settings.s3_secret_access_key.get_secret_value())
    if differing and not dry_run:
        await bunny.update_zone(zone_id, differing)
    outcome.changed += differing
    if settings.bunny_cdn_hostname:
        await _set_up_hostname(bunny, zone, settings.bunny_cdn_hostname.lower(), outcome, dry_run=dry_run)
    else:
        outcome.notes.append(_no_hostname(zone))
    _note_token_key(zone, settings, outcome)
    return outcome


async def _set_up_hostname(bunny: Bunny, zone: Json, hostname: str, outcome: Outcome, *, dry_run: bool) -> None:
    found = _hostname(zone, hostname)
    zone_id = outcome.pull_zone_id or 0
    if found is None:
        if not dry_run:
            await bunny.add_hostname(zone_id, hostname)
        outcome.changed.append("Hostnames")
    # Bunny's own names have its certificate.
    if not hostname.endswith(_SYSTEM_DOMAIN) and not (found or {}).get("HasCertificate"):
        try:
            if not dry_run:
                await bunny.load_certificate(hostname)
        except BunnyError as error:
            outcome.notes.append(
                f"There is no certificate for {hostname} yet ({error}). Let a CNAME record of {hostname} point at "
                f"{_system_hostname(zone)} and run this again."
            )
            return
        outcome.changed.append("HasCertificate")
    if not (found or {}).get("ForceSSL"):
        if not dry_run:
            await bunny.force_ssl(zone_id, hostname)
        outcome.changed.append("ForceSSL")


def _hostname(zone: Json, hostname: str) -> Json | None:
    entries = [entry for entry in zone.get("Hostnames") or [] if isinstance(entry, dict)]
    return next((entry for entry in entries if str(entry.get("Value", "")).lower() == hostname), None)


def _system_hostname(zone: Json) -> str:
    values = [str(entry.get("Value", "")) for entry in zone.get("Hostnames") or [] if isinstance(entry, dict)]
    own = next((value for value in values if value.endswith(_SYSTEM_DOMAIN)), None)
    return own or f"{zone.get('Name', 'the zone')}{_SYSTEM_DOMAIN}"


def _no_hostname(zone: Json) -> str:
    return (
        f"BUNNY_CDN_HOSTNAME is not set, so /media serves: set it to {_system_hostname(zone)}, or to a name of your own"
    )


def _note_token_key(zone: Json, settings: Settings, outcome: Outcome) -> None:
    """Whether the zone's key is the one that we sign with. Bunny makes it; it can be read and not be set."""
    if outcome.pull_zone_id is None:  # not made yet
        return
    theirs = zone.get("ZoneSecurityKey")
    outcome.security_key = str(theirs) if theirs else None
    ours = settings.bunny_token_key.get_secret_value() if settings.bunny_token_key else None
    if outcome.security_key is None:
        outcome.notes.append("Bunny did not tell the zone's ZoneSecurityKey: BUNNY_TOKEN_KEY must be that key")
    elif outcome.security_key != ours:
        state = "is not set" if ours is None else "is another key"
        outcome.notes.append(
            f"BUNNY_TOKEN_KEY {state}: it must be the zone's ZoneSecurityKey, or the CDN refuses every playback URL. "
            "`vms bunny setup --show-key` prints it."
        )


async def check(bunny: Bunny, settings: Settings, *, name: str | None = None) -> list[str]:
    """What is wrong with the zone, in sentences; empty when nothing is. Nothing is changed.

    :raises NoSuchZone: there is no zone to look at.
    :raises BunnyError: Bunny refused or did not answer.
    """
    zone = await find(bunny, settings, name)
    if zone is None:
        raise NoSuchZone(f"There is no pull zone {name or default_name(settings)}: run `vms bunny setup`")
    outcome = await set_up(bunny, settings, name=name, dry_run=True)
    differing = [f"{setting} is not as it has to be: run `vms bunny setup`" for setting in outcome.changed]
    return differing + outcome.notes
