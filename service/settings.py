"""Settings: from the environment, checked whole at the start, frozen after it."""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from domain.buckets.model import MAX_FILE_BYTES

PREFIX = "FILEPORT_"

BlobStoreKind = Literal["disk", "s3"]
BLOB_STORES: Mapping[str, BlobStoreKind] = {"disk": "disk", "s3": "s3"}

# What a worker has memory for: see docs/deploy.md.
MAX_UPLOADS: Mapping[BlobStoreKind, int] = {"disk": 96, "s3": 24}
MAX_DOWNLOADS = 96
# A week is the most that S3 takes.
URL_LIFE = 900
MAX_URL_LIFE = 604_800
T = TypeVar("T")
Network = IPv4Network | IPv6Network

# A scheme, a host, and perhaps a port, as browsers send them: no path, not even a slash.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class SettingsError(Exception):
    """A setting is missing or wrong. The message is one line that names it and never shows a secret."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that can be set. Durations in seconds, sizes in bytes."""

    host: str
    port: int
    workers: int
    data_dir: Path
    database_url: str | None
    database_secret_id: str | None
    database_pool_size: int
    database_pool_timeout: float
    blob_store: BlobStoreKind
    s3_bucket: str | None
    s3_endpoint_url: str | None
    s3_public_endpoint_url: str | None
    s3_region: str | None
    s3_timeout: float
    signed_url_life: int
    direct_upload_life: float
    root_key: str | None
    max_file_size: int
    max_uploads: int
    max_downloads: int
    body_idle_timeout: float
    body_timeout: float
    reaper_interval: float
    sweep_interval: float
    job_interval: float
    job_retention: float
    blob_grace: float
    staged_lease: float
    idempotency_ttl: float
    upload_ttl: float
    public_url: str | None
    trusted_proxies: tuple[Network, ...]
    allowed_origins: tuple[str, ...]
    shutdown_timeout: int
    log_level: str
    log_format: str

    def __repr__(self) -> str:
        return f"Settings(host={self.host!r}, port={self.port}, blob_store={self.blob_store!r}, …)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("host", self.host), ("port", self.port), ("blob_store", self.blob_store)]

    @property
    def is_embedded(self) -> bool:
        """Whether the service brings its own Postgres."""
        return self.database_url is None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that `environ` stands for. Raises `SettingsError` for the first that is wrong."""
    read = _Reader(environ)
    s3_bucket = read.text("S3_BUCKET")
    default_store: BlobStoreKind = "s3" if s3_bucket else "disk"
    blob_store = read.choice("BLOB_STORE", BLOB_STORES, default_store)
    blob_grace = read.seconds("BLOB_GRACE", 86_400, least=0)
    settings = Settings(
        host=read.text("HOST") or "127.0.0.1",
        port=read.whole("PORT", 8000, least=1, most=65_535),
        workers=read.whole("WORKERS", 1, least=1, most=256),
        data_dir=Path(read.text("DATA_DIR") or "data").absolute(),
        database_url=read.url("DATABASE_URL", {"postgresql", "postgres"}),
        database_secret_id=read.text("DATABASE_SECRET_ID"),
        database_pool_size=read.whole("DATABASE_POOL_SIZE", 10, least=1, most=1000),
        database_pool_timeout=read.seconds("DATABASE_POOL_TIMEOUT", 5, least=0.01),
        blob_store=blob_store,
        s3_bucket=s3_bucket,
        s3_endpoint_url=read.url("S3_ENDPOINT_URL", {"http", "https"}),
        s3_public_endpoint_url=read.url("S3_PUBLIC_ENDPOINT_URL", {"http", "https"}),
        s3_region=read.text("S3_REGION"),
        s3_timeout=read.seconds("S3_TIMEOUT", 8, least=0.1),
        signed_url_life=_signed_url_life(read, blob_grace),
        direct_upload_life=read.seconds("DIRECT_UPLOAD_LIFE", 86_400, least=1),
        root_key=read.text("ROOT_KEY"),
        max_file_size=read.whole("MAX_FILE_SIZE", MAX_FILE_BYTES, least=1, most=MAX_FILE_BYTES),
        max_uploads=read.whole("MAX_UPLOADS", MAX_UPLOADS[blob_store], least=1, most=100_000),
        max_downloads=read.whole("MAX_DOWNLOADS", MAX_DOWNLOADS, least=1, most=100_000),
        body_idle_timeout=read.seconds("BODY_IDLE_TIMEOUT", 30, least=0.01),
        body_timeout=read.seconds("BODY_TIMEOUT", 21_600, least=0.01),
        reaper_interval=read.seconds("REAPER_INTERVAL", 60, least=0.01),
        sweep_interval=read.seconds("SWEEP_INTERVAL", 3600, least=0.01),
        blob_grace=blob_grace,
        job_interval=read.seconds("JOB_INTERVAL", 10, least=0.01),
        job_retention=read.seconds("JOB_RETENTION", 604_800, least=0),
        staged_lease=read.seconds("STAGED_LEASE", 900, least=1),
        idempotency_ttl=read.seconds("IDEMPOTENCY_TTL", 86_400, least=1),
        upload_ttl=read.seconds("UPLOAD_TTL", 86_400, least=1),
        public_url=read.url("PUBLIC_URL", {"http", "https"}),
        trusted_proxies=read.networks("TRUSTED_PROXIES"),
        allowed_origins=read.origins("ALLOWED_ORIGINS"),
        shutdown_timeout=read.whole("SHUTDOWN_TIMEOUT", 30, least=1, most=3600),
        log_level=read.choice("LOG_LEVEL", {each: each for each in ("debug", "info", "warning", "error")}, "info"),
        log_format=read.choice("LOG_FORMAT", {each: each for each in ("console", "json")}, "console"),
    )
    _check_together(settings)
    return settings


def _signed_url_life(read: "_Reader", blob_grace: float) -> int:
    life = read.whole("SIGNED_URL_LIFE", 0, least=1, most=MAX_URL_LIFE)
    if not life:
        return max(1, min(URL_LIFE, int(blob_grace / 2)))
    if life >= blob_grace:
        raise SettingsError(f"{PREFIX}SIGNED_URL_LIFE is not below {PREFIX}BLOB_GRACE: URLs would outlive their bytes.")
    return life


def _check_together(settings: Settings) -> None:
    if settings.blob_store == "s3" and settings.s3_bucket is None:
        raise SettingsError(f"{PREFIX}S3_BUCKET is missing, and {PREFIX}BLOB_STORE is s3.")
    if settings.database_secret_id is not None and settings.database_url is None:
        raise SettingsError(f"{PREFIX}DATABASE_URL is missing, and {PREFIX}DATABASE_SECRET_ID is set.")
    if settings.root_key is not None and (len(settings.root_key) < 16 or not settings.root_key.isascii()):
        raise SettingsError(f"{PREFIX}ROOT_KEY has fewer than 16 characters, or some that are not ASCII.")


class _Reader:
    """Reads one variable at a time. A variable that is empty counts as absent, as compose files leave them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str | None:
        return self._environ.get(PREFIX + name, "").strip() or None

    def choice(self, name: str, choices: Mapping[str, T], default: T) -> T:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in choices:
            raise SettingsError(f"{PREFIX}{name} is one of {', '.join(choices)}.")
        return choices[value.lower()]

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self._number(name, int)
        if value is None:
            return default
        if not least <= value <= most:
            raise SettingsError(f"{PREFIX}{name} is a whole number from {least} to {most}.")
        return value

    def seconds(self, name: str, default: float, *, least: float) -> float:
        value = self._number(name, float)
        if value is None:
            return default
        if not least <= value < 1e9:
            raise SettingsError(f"{PREFIX}{name} is a number of seconds, {least} at least.")
        return value

    def url(self, name: str, schemes: set[str]) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            is_sound = parts.scheme in schemes and (parts.port is None or parts.port > 0)
        except ValueError:
            is_sound = False
        if not is_sound:
            raise SettingsError(
                f"{PREFIX}{name} is not a sound URL that begins with {' or '.join(sorted(schemes))}://."
            )
        return value

    def networks(self, name: str) -> tuple[Network, ...]:
        value = self.text(name)
        try:
            return tuple(ip_network(each.strip()) for each in value.split(",")) if value else ()
        except ValueError:
            raise SettingsError(
                f"{PREFIX}{name} is a list of addresses and networks with commas, such as 10.0.0.0/8."
            ) from None

    def origins(self, name: str) -> tuple[str, ...]:
        origins = tuple(each.strip().lower() for each in (self.text(name) or "").split(",") if each.strip())
        if not all(each == "*" or _ORIGIN.fullmatch(each) for each in origins):
            raise SettingsError(f"{PREFIX}{name} is a list of origins with commas, such as https://app.example, or *.")
        return origins

    def _number(self, name: str, kind: Callable[[str], T]) -> T | None:
        value = self.text(name)
        try:
            return None if value is None else kind(value)
        except ValueError:
            raise SettingsError(f"{PREFIX}{name} is not a number.") from None
