"""``vms bunny`` against an account: what it makes, what it changes, and what it never shows."""

import json
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.fakes.bunny import KEY, FakeBunny
from cli.main import app
from shared.clients.bunny import Bunny, BunnyError, TooFast, Unreachable
from shared.config import Settings
from shared.delivery import pull_zone

SECRET = "a-storage-secret-that-must-not-be-seen"
ENVIRONMENT = {
    "BUNNY_API_KEY": KEY,
    "BUNNY_PULL_ZONE_ID": "",
    "BUNNY_CDN_HOSTNAME": "",
    "BUNNY_TOKEN_KEY": "",
    "PUBLIC_BASE_URL": "https://video.example.org",
    "S3_ENDPOINT_URL": "https://fsn1.your-objectstorage.com",
    "S3_ACCESS_KEY_ID": "access",
    "S3_SECRET_ACCESS_KEY": SECRET,
    "S3_REGION": "fsn1",
    "S3_HLS_BUCKET": "outputs",
}


class Run(Protocol):
    """The command, with changes to its environment."""

    def __call__(self, *arguments: str, **env: str) -> Result: ...


@pytest.fixture
def run(bunny: FakeBunny, tmp_path: Path) -> Run:
    def call(*arguments: str, **env: str) -> Result:
        command = ["--data-dir", str(tmp_path / "none"), "bunny", *arguments]
        result = CliRunner().invoke(app, command, env={**ENVIRONMENT, "BUNNY_API_URL": bunny.url, **env})
        assert KEY not in result.output
        assert SECRET not in result.output
        return result

    return call


def answer(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("tells_secret", [True, False])
def test_setup_makes_the_zone_once(run: Run, bunny: FakeBunny, *, tells_secret: bool) -> None:
    bunny.tells_secret = tells_secret
    first = answer(run("setup", "--json"))
    [zone] = bunny.zones.values()
    assert (first["pullZoneId"], first["created"]) == (zone["Id"], True)
    assert set(first) == {"pullZoneId", "created", "changed"}
    assert zone["Name"] == "vms-video-example-org"
    assert zone["OriginUrl"] == "https://fsn1.your-objectstorage.com/outputs"
    assert (zone["AWSSigningKey"], zone["AWSSigningSecret"]) == ("access", SECRET)
    assert zone["ZoneSecurityEnabled"] is True
    assert zone["CacheControlMaxAgeOverride"] == -1
    assert zone["AccessControlOriginHeaderExtensions"] == ["m3u8", "m4s", "mp4", "vtt", "jpg"]
    writes = sum(count for call, count in bunny.calls.items() if call.startswith("POST"))
    assert answer(run("setup", "--json")) == {"pullZoneId": zone["Id"], "created": False, "changed": []}
    assert writes == sum(count for call, count in bunny.calls.items() if call.startswith("POST"))


def test_setup_changes_only_what_differs(run: Run, bunny: FakeBunny) -> None:
    answer(run("setup", "--json"))
    [zone] = bunny.zones.values()
    zone |= {"ZoneSecurityEnabled": False, "CacheControlMaxAgeOverride": 31919000, "Type": 1}
    before = dict(zone)
    names = ["ZoneSecurityEnabled", "CacheControlMaxAgeOverride"]
    dry = answer(run("setup", "--json", "--dry-run"))
    assert (dry["changed"], zone) == (names, before)
    assert run("check").exit_code == 1
    changed = answer(run("setup", "--json", BUNNY_PULL_ZONE_ID=str(zone["Id"])))
    assert changed["changed"] == names
    assert {name: zone[name] for name in zone if zone[name] != before[name]} == {
        "ZoneSecurityEnabled": True,
        "CacheControlMaxAgeOverride": -1,
    }


def test_the_hostname_gets_a_certificate_once_its_dns_is_there(run: Run, bunny: FakeBunny) -> None:
    host = {"BUNNY_CDN_HOSTNAME": "videos.example.org"}
    bunny.certificates = False
    early = run("setup", **host)
    assert early.exit_code == 0
    assert "point at vms-video-example-org.b-cdn.net" in " ".join(early.stderr.split())
    bunny.certificates = True
    assert answer(run("setup", "--json", **host))["changed"] == ["HasCertificate", "ForceSSL"]
    assert answer(run("setup", "--json", **host))["changed"] == []
    [zone] = bunny.zones.values()
    assert zone["Hostnames"][1] | {"Id": 0} == {
        "Id": 0, "Value": "videos.example.org", "ForceSSL": True, "HasCertificate": True,
    }  # fmt: skip


def test_the_token_key_is_compared_and_shown_only_on_request(run: Run, bunny: FakeBunny) -> None:
    result = run("setup", BUNNY_TOKEN_KEY="our-own-key")
    [zone] = bunny.zones.values()
    theirs = zone["ZoneSecurityKey"]
    assert "must be the zone's ZoneSecurityKey" in result.stderr
    assert theirs not in result.output
    assert "our-own-key" not in result.output
    assert f"BUNNY_TOKEN_KEY={theirs}" in run("setup", "--show-key").stdout
    right = {"BUNNY_TOKEN_KEY": theirs, "BUNNY_CDN_HOSTNAME": "vms-video-example-org.b-cdn.net"}
    assert answer(run("setup", "--json", **right))["changed"] == ["ForceSSL"]
    checked = run("check", "--json", **right)
    assert (checked.exit_code, json.loads(checked.stdout)) == (0, {"ok": True, "problems": []})


def test_errors_are_sentences(run: Run, bunny: FakeBunny) -> None:
    missing = run("setup", BUNNY_API_KEY="")
    assert (missing.exit_code, "set BUNNY_API_KEY" in missing.stderr) == (2, True)
    bunny.key = "another"
    refused = run("setup")
    assert (refused.exit_code, refused.stderr) == (1, "vms: Bunny refuses the key: check BUNNY_API_KEY\n")
    bunny.key = KEY
    unknown = run("setup", BUNNY_PULL_ZONE_ID="77")
    assert (unknown.exit_code, "BUNNY_PULL_ZONE_ID=77" in unknown.stderr) == (1, True)
    assert not bunny.zones
    absent = run("check")
    assert (absent.exit_code, "run `vms bunny setup`" in absent.stderr) == (1, True)
    local = run("setup", S3_ENDPOINT_URL="http://127.0.0.1:9000")
    assert "Bunny cannot reach S3_ENDPOINT_URL" in local.stderr


async def test_a_patient_client_waits_and_has_an_end(with_cdn: Settings, bunny: FakeBunny) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with httpx.AsyncClient() as client:
        patient = Bunny(with_cdn, client, patient=True, sleep=sleep)
        bunny.answers += [(429, {}, {"Retry-After": "7"}), (503, {}, {})]
        assert await patient.find_zone("none") is None
        assert waits == [7.0, 2.0]
        bunny.answers += [(503, {"Message": f"down, {KEY}"}, {})] * 4
        with pytest.raises(Unreachable) as caught:
            await patient.find_zone("none")
        assert KEY not in str(caught.value)
        bunny.answers.append((429, {}, {"Retry-After": "600"}))
        with pytest.raises(TooFast, match="600"):
            await patient.find_zone("none")
        hasty = Bunny(with_cdn.model_copy(update={"bunny_api_url": "http://127.0.0.1:1"}), client)
        with pytest.raises(BunnyError, match="does not answer: ConnectError") as away:
            await hasty.purge("https://videos.example.org/x/*")
        assert away.value.__cause__ is None


async def test_a_run_that_was_killed_is_completed(with_cdn: Settings, bunny: FakeBunny) -> None:
    """It dies between the creation and the settings: the next run finds the zone by its name."""
    async with httpx.AsyncClient() as client:
        ours = Bunny(with_cdn, client, patient=False)
        await ours.create_zone({"Name": pull_zone.default_name(with_cdn), "OriginUrl": "https://elsewhere"})
        outcome = await pull_zone.set_up(ours, with_cdn)
        assert not outcome.created
        assert {"OriginUrl", "ZoneSecurityEnabled", "Hostnames"} <= set(outcome.changed)
        again = await pull_zone.set_up(ours, with_cdn)
        assert again.changed == []
