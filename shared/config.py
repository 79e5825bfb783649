"""Settings: one class, read once from the environment.

Every name is fixed by the project's contract and documented in the README; a test compares the two.
"""

from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_SECRET_LENGTH = 32
_PLACEHOLDERS = ("changeme", "change-me", "placeholder", "example", "your-secret", "secret-here")


class Settings(BaseSettings):
    """All settings of the API, the workers and the command line.

    Durations end in ``_SECONDS``, sizes in ``_BYTES``. Comma lists become tuples.

    :raises pydantic.ValidationError: a value is missing, malformed, or a secret is short or a placeholder.
    """

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True, hide_input_in_errors=True)

    # Servers
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 18 or later in UTF-8, `postgresql://user:password@host:port/name`. Encode and transfer "
        "workers need none.",
    )
    database_pool_size: int = Field(10, ge=1, le=200, description="Connections each process keeps to PostgreSQL.")
    redis_url: SecretStr = Field(description="Redis 6 or Valkey, `redis://:password@host:port/0`.")
    s3_endpoint_url: str = Field(description="S3 endpoint, path-style, e.g. Hetzner Object Storage or SeaweedFS.")
    s3_access_key_id: SecretStr = Field(description="Access key of the S3 account.")
    s3_secret_access_key: SecretStr = Field(description="Secret key of the S3 account.")
    s3_region: str = Field("us-east-1", description="Region used in signatures; at Hetzner the location, e.g. `fsn1`.")
    s3_masters_bucket: str = Field("video-masters", description="Bucket of the master files.")
    s3_hls_bucket: str = Field("video-hls", description="Bucket of the encoded outputs; the CDN's origin.")

    # API
    public_base_url: str = Field("http://127.0.0.1:8000", description="The only source of absolute URLs.")
    api_url: str | None = Field(None, description="Where workers and scripts reach the API [PUBLIC_BASE_URL].")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma list of origins that browsers may call the API from."
    )
    session_seconds: int = Field(14 * 86400, ge=300, description="How long a sign-in lasts.")
    vms_admin_email: str | None = Field(None, description="Creates the first admin at start-up, with the next one.")
    vms_admin_password: SecretStr | None = Field(None, description="Password of the first admin, 12+ characters.")
    log_format: str = Field("console", pattern="^(console|json)$", description="`console` or `json`.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Lowest level that is logged.")

    # Upload
    upload_max_bytes: int = Field(5 * 1024**3, ge=1, description="Largest file an upload may have (413 beyond).")
    upload_expires_seconds: int = Field(86400, ge=1, description="An unfinished upload is dropped after this silence.")

    # Encoding
    encoding_webhook_secret: SecretStr = Field(
        description="Signs worker reports; 32+ characters; a comma list while rotating, the first one signs."
    )
    encoding_webhook_url: str | None = Field(None, description="Where workers report [API_URL/api/encoding/webhook].")
    encoding_max_attempts: int = Field(3, ge=1, le=20, description="Failed attempts before a job is failed for good.")
    encoding_retry_delays_seconds: Annotated[tuple[int, ...], NoDecode] = Field(
        (300, 900, 3600), description="Comma list: delay before each further attempt; the last one repeats."
    )
    encoding_lease_seconds: int = Field(30, ge=2, le=3600, description="An attempt that is silent this long is lost.")
    encoding_window_seconds: int = Field(
        60, ge=6, le=3600, description="Longest piece of a source that one worker encodes at a time."
    )
    encoding_loudness_lufs: float | None = Field(
        None,
        ge=-40,
        le=-5,
        description="Bring the sound to this loudness (EBU R 128), e.g. `-16`, by at most 20 dB; unset leaves it. "
        "Measuring comes first, so it can be watched later.",
    )
    encoding_progressive_mp4: bool = Field(
        False, description="Make an MP4 file to download beside every stream; a job may ask for it too."
    )
    encoding_preset: str = Field(
        "veryfast",
        pattern="^(veryfast|faster|fast|medium|slow)$",
        description="Quality of the encode, named after the x264 preset it equals or beats.",
    )
    encoding_threads: int = Field(0, ge=0, le=256, description="CPUs that one encode worker may keep busy; 0 is all.")
    encoding_timeout_seconds: int = Field(6 * 3600, ge=60, description="Wall time one attempt may take.")
    media_max_pixels: int = Field(8192 * 4320, ge=1, description="Largest picture that is accepted, width x height.")
    media_max_side_pixels: int = Field(8192, ge=2, description="Longest side of a picture that is accepted.")
    media_max_duration_seconds: int = Field(12 * 3600, ge=1, description="Longest source that is accepted.")
    media_memory_bytes: int = Field(8 * 1024**3, ge=512 * 1024**2, description="Address space of one ffmpeg process.")
    media_cpu_seconds: int = Field(48 * 3600, ge=10, description="Processor time one ffmpeg process may use.")
    media_output_bytes: int = Field(200 * 1024**3, ge=1, description="All outputs of one encode together.")
    generation_grace_seconds: int = Field(
        86400, ge=0, description="A superseded generation stays this long for viewers who still watch it."
    )

    # Alerts
    telegram_api_url: str = Field("https://api.telegram.org", description="Where alerts are sent.")
    telegram_bot_token: SecretStr | None = Field(
        None, description="Token of the bot that sends alerts; without it none are."
    )
    telegram_alert_chat_id: str | None = Field(None, description="Chat that alerts go to, like `-1001234567890`.")

    # Vimeo
    vimeo_api_url: str = Field("https://api.vimeo.com", description="Where Vimeo's API is.")
    vimeo_access_token: SecretStr | None = Field(
        None, description="Token with the scopes public, private, video_files (and stats); without it nothing is asked."
    )
    vimeo_client_id: str | None = Field(None, description="Client identifier of the app at Vimeo.")
    vimeo_client_secret: SecretStr | None = Field(None, description="Client secret of the app at Vimeo.")
    vimeo_requests_per_second: float = Field(1.0, gt=0, le=100, description="Pace of all processes together.")
    vimeo_daily_quota: int = Field(1000, ge=1, description="Requests a day (UTC) of all processes together.")
    vimeo_max_backoff_seconds: int = Field(3600, ge=1, description="Longest wait after refusals and failures.")
    vimeo_sync_hours: float = Field(24.0, ge=0, description="Hours between scheduled syncs; 0 leaves them to people.")

    # Hosting: from Vimeo to our own and back
    migration_concurrency: int = Field(2, ge=1, le=32, description="Videos of all batches that move at the same time.")
    migration_finalise_grace_seconds: int = Field(
        30 * 86400, ge=0, description="A video is hosted here this long before the copy at Vimeo may be given up."
    )
    rollback_error_percent: int = Field(
        0,
        ge=0,
        le=100,
        description="Back to Vimeo when this share of an hour's viewings, of at least 20, ended in errors; 0 is never.",
    )
    ingest_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma list of host:port that may be fetched from although their address is private."
    )
    savings_usd_per_video: float = Field(5.0, ge=0, description="What a month of a video at Vimeo costs, in dollars.")
    storage_usd_per_tb: float = Field(6.0, ge=0, description="What a month of a terabyte in the object store costs.")
    traffic_usd_per_tb: float = Field(10.0, ge=0, description="What a terabyte through the CDN costs.")

    # Playback and CDN
    bunny_api_url: str = Field("https://api.bunny.net", description="Where Bunny's API is.")
    bunny_api_key: SecretStr | None = Field(None, description="Account key, for `vms bunny setup` and purging.")
    bunny_pull_zone_id: int | None = Field(None, ge=1, description="Number of the pull zone; unset: found by its name.")
    bunny_cdn_hostname: str | None = Field(None, description="Host of the Bunny pull zone; without it /media serves.")
    bunny_token_key: SecretStr | None = Field(
        None, description="Token key of the pull zone; /media checks the same token. The API needs it, workers do not."
    )
    playback_token_seconds_open: int = Field(604800, ge=60, description="Token life for public and unlisted videos.")
    playback_token_seconds_closed: int = Field(14400, ge=60, description="Token life for private and paid videos.")

    @field_validator("cors_origins", "ingest_allowed_hosts", mode="before")
    @classmethod
    def _split_words(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip().rstrip("/") for word in value.split(",") if word.strip())
        return value

    @field_validator("encoding_retry_delays_seconds", mode="before")
    @classmethod
    def _split_numbers(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(int(word) for word in value.split(",") if word.strip())
        return value

    @field_validator("encoding_retry_delays_seconds")
    @classmethod
    def _some_delay(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or min(value) < 0:
            raise ValueError("needs at least one delay of 0 seconds or more")
        return value

    @field_validator(
        "public_base_url",
        "api_url",
        "s3_endpoint_url",
        "encoding_webhook_url",
        "telegram_api_url",
        "vimeo_api_url",
        "bunny_api_url",
    )
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError("must be an absolute http(s) URL")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _refuse_weak_secrets(self) -> "Settings":
        for name, values in (
            ("ENCODING_WEBHOOK_SECRET", self.webhook_secrets),
            ("BUNNY_TOKEN_KEY", (self.bunny_token_key.get_secret_value(),) if self.bunny_token_key else ()),
        ):
            for value in values:
                lowered = value.lower()
                if any(word in lowered for word in _PLACEHOLDERS) or len(set(value)) < 4:
                    raise ValueError(f"{name} is a placeholder: set a random value, e.g. from `openssl rand -hex 32`")
        if any(len(secret) < MIN_SECRET_LENGTH for secret in self.webhook_secrets) or not self.webhook_secrets:
            raise ValueError(f"ENCODING_WEBHOOK_SECRET needs {MIN_SECRET_LENGTH} or more characters")
        return self

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Accepted secrets, the signing one first."""
        raw = self.encoding_webhook_secret.get_secret_value()
        return tuple(word.strip() for word in raw.split(",") if word.strip())

    @property
    def playback_key(self) -> str:
        """The key that signs and checks playback tokens.

        :raises RuntimeError: it is not set.
        """
        if self.bunny_token_key is None:
            raise RuntimeError("BUNNY_TOKEN_KEY is not set: without it no playback URL can be signed or checked")
        return self.bunny_token_key.get_secret_value()

    @property
    def webhook_url(self) -> str:
        """Absolute URL that workers post their reports to."""
        return self.encoding_webhook_url or f"{self.api_url or self.public_base_url}/api/encoding/webhook"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once.

    :raises pydantic.ValidationError: see :class:`Settings`.
    """
    return Settings()
