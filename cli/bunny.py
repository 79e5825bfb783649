"""``vms bunny``: the pull zone at Bunny.net, made or checked."""

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import httpx
import typer
from pydantic import SecretStr

from cli.context import environment
from cli.options import DataDirOption, JsonOption, PortOption, target
from shared.clients.bunny import Bunny, BunnyError
from shared.config import Settings
from shared.delivery import pull_zone
from shared.delivery.pull_zone import NoSuchZone, Outcome

app = typer.Typer(
    help="The pull zone at Bunny.net that serves the outputs: make it, or see whether it is as it has to be.",
    no_args_is_help=True,
)
T = TypeVar("T")
NameOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Name of the pull zone, unless BUNNY_PULL_ZONE_ID is set. [vms-<host of PUBLIC_BASE_URL>]"
    ),
]
_NEEDS = ("BUNNY_API_KEY", "S3_ENDPOINT_URL", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
_DEFAULTS = {
    "S3_REGION": "us-east-1",
    "S3_HLS_BUCKET": "video-hls",
    "PUBLIC_BASE_URL": "http://127.0.0.1:8000",
    "BUNNY_API_URL": "https://api.bunny.net",
}


def _settings(context: typer.Context, *, data_dir: object, port: object) -> Settings:
    """The settings this needs alone, from the environment or else from the running stack."""
    values = _DEFAULTS | environment(target(context, data_dir, port).data_dir, needs=())  # type: ignore[arg-type]  # options
    missing = [name for name in _NEEDS if not values.get(name)]
    if missing:
        _fail(f"set {', '.join(missing)}, in the environment or for the running stack", status=2)
    zone_id = values.get("BUNNY_PULL_ZONE_ID")
    if zone_id and not (zone_id.isascii() and zone_id.isdigit()):
        _fail("BUNNY_PULL_ZONE_ID must be a number", status=2)
    token_key = values.get("BUNNY_TOKEN_KEY")
    return Settings.model_construct(
        bunny_api_url=values["BUNNY_API_URL"].rstrip("/"),
        bunny_api_key=SecretStr(values["BUNNY_API_KEY"]),
        bunny_pull_zone_id=int(zone_id) if zone_id else None,
        bunny_cdn_hostname=values.get("BUNNY_CDN_HOSTNAME"),
        bunny_token_key=SecretStr(token_key) if token_key else None,
        public_base_url=values["PUBLIC_BASE_URL"].rstrip("/"),
        s3_endpoint_url=values["S3_ENDPOINT_URL"].rstrip("/"),
        s3_access_key_id=SecretStr(values["S3_ACCESS_KEY_ID"]),
        s3_secret_access_key=SecretStr(values["S3_SECRET_ACCESS_KEY"]),
        s3_region=values["S3_REGION"],
        s3_hls_bucket=values["S3_HLS_BUCKET"],
    )


def _fail(message: str, *, status: int) -> None:
    typer.echo(f"vms: {message}", err=True)
    raise typer.Exit(status)


def _ask(settings: Settings, step: Callable[[Bunny], Awaitable[T]]) -> T:
    """Run one conversation with Bunny; errors are told in a sentence and end with status 1."""

    async def run() -> T:
        async with httpx.AsyncClient() as client:
            return await step(Bunny(settings, client, patient=True))

    try:
        return asyncio.run(run())
    except (BunnyError, NoSuchZone) as error:
        typer.echo(f"vms: {error}", err=True)
        raise typer.Exit(1) from error


def _origin_note(settings: Settings) -> str | None:
    """Bunny's servers cannot read storage that only this machine, or its network, can reach."""
    host = urlsplit(settings.s3_endpoint_url).hostname or ""
    try:
        is_private = not ipaddress.ip_address(host).is_global
    except ValueError:
        is_private = host == "localhost" or "." not in host
    return f"Bunny cannot reach S3_ENDPOINT_URL ({host}): it must be a public address" if is_private else None


@app.command()
def setup(
    context: typer.Context,
    *,
    name: NameOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    show_key: Annotated[
        bool, typer.Option("--show-key", help="Print the zone's ZoneSecurityKey, for BUNNY_TOKEN_KEY.")
    ] = False,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the pull zone, or change those of its settings that are not as they have to be, and say which.

    Again is fine: a second run changes nothing. It sets the origin (our bucket, with signed requests), token security,
    cache and CORS rules, and, with BUNNY_CDN_HOSTNAME, the host name, its certificate and HTTPS.
    """
    settings = _settings(context, data_dir=data_dir, port=port)
    outcome: Outcome = _ask(settings, lambda bunny: pull_zone.set_up(bunny, settings, name=name, dry_run=dry_run))
    for note in filter(None, (_origin_note(settings), *outcome.notes)):
        typer.echo(note, err=True)
    if as_json:
        answer = {"pullZoneId": outcome.pull_zone_id, "created": outcome.created, "changed": outcome.changed}
        typer.echo(json.dumps({**answer, "zoneSecurityKey": outcome.security_key} if show_key else answer))
        return
    create, change = ("Would create", "Would change") if dry_run else ("Created", "Changed")
    if outcome.created:
        typer.echo(f"{create} the pull zone {name or pull_zone.default_name(settings)}.")
    for setting in outcome.changed:
        typer.echo(f"{change} {setting}.")
    if not outcome.created and not outcome.changed:
        typer.echo("Nothing to change.")
    if outcome.pull_zone_id is not None:
        typer.echo(f"BUNNY_PULL_ZONE_ID={outcome.pull_zone_id}")
    if show_key and outcome.security_key:
        typer.echo(f"BUNNY_TOKEN_KEY={outcome.security_key}")


@app.command()
def check(
    context: typer.Context,
    *,
    name: NameOption = None,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the pull zone is as it has to be, and change nothing: 0 it is, 1 it is not, 2 settings miss."""
    settings = _settings(context, data_dir=data_dir, port=port)
    problems = _ask(settings, lambda bunny: pull_zone.check(bunny, settings, name=name))
    if note := _origin_note(settings):
        problems = [note, *problems]
    if as_json:
        typer.echo(json.dumps({"ok": not problems, "problems": problems}))
    else:
        typer.echo("\n".join(problems) or "The pull zone is as it has to be.")
    if problems:
        raise typer.Exit(1)
