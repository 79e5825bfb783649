"""The compose file: who gets which secret, who waits for whom, and nothing open that need not be."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.config import Settings
from tests.images.dockerfile import ROOT, parse
from tests.images.yaml_subset import load

TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"migrate", "api", "control", "encode", "transfer"}
REQUIRED = sorted(set(re.findall(r"\$\{(\w+):\?", TEXT)))
OPTIONAL = sorted(set(re.findall(r"\$\{(\w+):-", TEXT)) | set(re.findall(r"^ +([A-Z][A-Z_]+):$", TEXT, re.MULTILINE)))


def filled(text: str) -> str:
    """As compose would fill it in: a good value for what is required, the default for the rest."""
    secret = "0123456789abcdef0123456789abcdef"
    values = {name: "https://video.test" if name.endswith("_URL") else secret for name in REQUIRED}
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda match: values[match[1]], text)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def test_services_are_the_planned_ones():
    assert set(SERVICES) == OURS | {"postgres", "valkey", "seaweedfs"}
    assert set(COMPOSE["volumes"]) == {"postgres", "seaweedfs"}


def test_only_the_api_publishes_a_port():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"api"}
    open_networks = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    reaching_out = {name for name, service in SERVICES.items() if open_networks & set(service["networks"])}
    assert reaching_out == {"api", "control", "transfer"}
    assert all(set(service["networks"]) <= set(COMPOSE["networks"]) for service in SERVICES.values())


@pytest.mark.parametrize("name", ["encode", "transfer"])
def test_workers_hold_no_database_credentials(name: str):
    service = SERVICES[name]
    assert "POSTGRES" not in str(service["environment"])
    assert "DATABASE_URL" not in service["environment"]
    assert "postgresql:" not in str(service)
    assert "database" not in service["networks"]
    assert "env_file" not in service


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_gets_settings_that_exist_and_suffice(name: str, monkeypatch: pytest.MonkeyPatch):
    environment = SERVICES[name]["environment"]
    unknown = {key for key in environment if key.lower() not in Settings.model_fields}
    assert not unknown
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    for key, value in environment.items():
        if value is not None:
            monkeypatch.setenv(key, filled(value))
    settings = Settings()  # type: ignore[call-arg]
    assert (settings.database_url is not None) == (name in {"migrate", "api", "control"})
    assert settings.webhook_url == "http://api:8000/api/encoding/webhook"


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_are_locked_down_and_bounded(name: str):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(mount.startswith("/tmp") for mount in service["tmpfs"])
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert name == "migrate" or service["stop_grace_period"]


def test_commands_are_the_entry_points_of_the_images():
    entry = {file: parse(ROOT / file)[-1].exec_form("ENTRYPOINT") for file in ("Dockerfile.api", "Dockerfile.worker")}
    commands = {
        name: [*entry[SERVICES[name]["build"]["dockerfile"]], *SERVICES[name]["command"]] for name in sorted(OURS)
    }
    assert commands == {
        "migrate": ["python", "-m", "shared.db.migrate"],
        "api": ["python", "-m", "api", "--host", "0.0.0.0", "--port", "8000"],
        "control": ["python", "-m", "worker", "control"],
        "encode": ["python", "-m", "worker", "encode"],
        "transfer": ["python", "-m", "worker", "transfer"],
    }


def test_health_and_order():
    for role in ("control", "encode", "transfer"):
        assert SERVICES[role]["healthcheck"]["test"] == ["CMD", "python", "-m", "worker", "check", role]
    for name in ("postgres", "valkey", "seaweedfs"):
        assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert parse(ROOT / "Dockerfile.api")[-1].exec_form("HEALTHCHECK"), "the api's own is in its image"
    for name in ("api", "control"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    for name in ("encode", "transfer"):
        assert SERVICES[name]["depends_on"]["api"] == {"condition": "service_healthy"}
    for service in SERVICES.values():
        assert set(service.get("depends_on", ())) <= set(SERVICES)
    assert SERVICES["encode"]["deploy"]["replicas"] == "${ENCODE_WORKERS:-2}"


def test_images_are_pinned():
    for name in ("postgres", "valkey", "seaweedfs"):
        image = SERVICES[name]["image"]
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+[\w.-]*", image), f"{image}: pin it, and name no registry"


def test_seaweedfs_knows_its_flags():
    weed = shutil.which("weed", path=str(Path(sys.executable).parent))
    assert weed
    known = subprocess.run([weed, "help", "mini"], capture_output=True, text=True, check=False, timeout=30)
    flags = [word.partition("=")[0] for word in SERVICES["seaweedfs"]["command"][1:]]
    listed = set(re.findall(r"^\s+(-[\w.]+)", known.stdout + known.stderr, re.MULTILINE))
    assert set(flags) <= listed
    for quiet in (
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ):
        assert quiet in SERVICES["seaweedfs"]["command"]


def test_the_guide_names_every_variable():
    guide = (ROOT / "docs" / "deploy.md").read_text()
    missing = [name for name in (*REQUIRED, *OPTIONAL) if f"`{name}`" not in guide and f"\n{name}=" not in guide]
    assert missing == []
