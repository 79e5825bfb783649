"""Settings: documented in one place, and strict about secrets."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.config import Settings

DOCUMENT = Path(__file__).resolve().parents[2] / "README.md"
GOOD: dict[str, Any] = {
    "redis_url": "redis://127.0.0.1:6379/0",
    "s3_endpoint_url": "http://127.0.0.1:9000/",
    "s3_access_key_id": "key",
    "s3_secret_access_key": "secret",
    "encoding_webhook_secret": "0123456789abcdef0123456789abcdef",
    "bunny_token_key": "0123456789abcdef",
}


def default_text(name: str) -> str:
    field = Settings.model_fields[name]
    if field.is_required():
        return "required"
    if field.default is None or field.default == ():
        return ""
    value = ",".join(map(str, field.default)) if isinstance(field.default, tuple) else field.default
    return f"`{value}`"


def test_every_setting_is_documented_as_it_is() -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    expected = [
        f"| `{name.upper()}` | {default_text(name)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    assert rows == expected


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("ENCODING_RETRY_DELAYS_SECONDS", "1, 2,3")
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example/, https://b.example")
    monkeypatch.setenv("ENCODING_WEBHOOK_SECRET", f"{'n3w-S3cret' * 4}, {GOOD['encoding_webhook_secret']}")
    settings = Settings()  # type: ignore[call-arg]
    assert settings.encoding_retry_delays_seconds == (1, 2, 3)
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.webhook_secrets == ("n3w-S3cret" * 4, GOOD["encoding_webhook_secret"])
    assert settings.s3_endpoint_url == "http://127.0.0.1:9000"
    assert settings.webhook_url == "http://127.0.0.1:8000/api/encoding/webhook"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encoding_webhook_secret", "too short"),
        ("encoding_webhook_secret", "changeme-changeme-changeme-changeme"),
        ("encoding_webhook_secret", "a" * 64),
        ("encoding_webhook_secret", f"{'0123456789abcdef' * 2},short"),
        ("encoding_webhook_secret", ""),
        ("bunny_token_key", "your-secret-key"),
        ("public_base_url", "vms.example.org"),
        ("encoding_retry_delays_seconds", "5,-1"),
        ("upload_max_bytes", "0"),
        ("encoding_preset", "placebo"),
    ],
)
def test_a_bad_value_refuses_to_start(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({**GOOD, name: value})


def test_secrets_do_not_print() -> None:
    settings = Settings.model_validate({**GOOD, "database_url": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in repr(settings)
    assert GOOD["encoding_webhook_secret"] not in repr(settings)
