"""The settings: read from the environment, checked whole at the start, then frozen."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from domain.access.callers import MAX_RATE, MAX_TRANSFERS
from domain.buckets.model import MAX_FILE_BYTES
from service.environment import PREFIX, Environment, Fetch, Network, SettingsError
from service.secrets_manager import fetch_secret
from service.token_settings import TokenSettings, read_token_settings

BlobStoreKind = Literal["disk", "s3"]
BLOB_STORES: tuple[BlobStoreKind, ...] = ("disk", "s3")

# The defaults fit the memory of a worker: see docs/deploy.md.
MAX_UPLOADS: Mapping[BlobStoreKind, int] = {"disk": 96, "s3": 24}
MAX_DOWNLOADS = 96
MAX_CONNECTIONS = 2048
URL_LIFE = 900
# By measurement, see docs/performance.md. Beyond the maximum, Postgres is the slower and the dearer place.
INLINE_BYTES = 4096
MAX_INLINE_BYTES = 65_536
# A year, whole, whenever one looks.
AUDIT_MONTHS = 12
# S3 signs for a week at most.
MAX_URL_LIFE = 604_800
LEAST_SECRET_CHARACTERS = 32
# That of S3 clients which are told none.
SIGNING_REGION = "us-east-1"


# Other paths are put behind it, and it stands in headers.
_PUBLIC_URL = re.compile(r"https?://[0-9A-Za-z._~%:\[\]-]+(?:/[0-9A-Za-z._~!$&'()*+,;=:@%/-]*)?", re.IGNORECASE)
_KEY = re.compile(r"[ -~]{16,}")
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_REGION = re.compile(r"[a-z0-9-]{1,64}")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. Durations are in seconds, sizes in bytes. docs/settings.md says what each is for."""

    host: str
    port: int
    s3_port: int | None
    s3_domain: str | None
    s3_signing_region: str
    workers: int
    data_dir: Path
    database_url: str | None
    database_pooler_url: str | None
    database_secret_id: str | None
    database_pool_size: int
    database_pool_timeout: float
    search_timeout: float
    blob_store: BlobStoreKind
    s3_bucket: str | None
    s3_endpoint_url: str | None
    s3_public_endpoint_url: str | None
    s3_region: str | None
    s3_timeout: float
    signed_url_life: int
    direct_upload_life: float
    root_key: str | None
    tokens: TokenSettings | None
    key_rate: int | None
    key_transfers: int | None
    auth_failures: int
    service_secret: str | None
    service_secret_previous: str | None
    max_file_size: int
    inline_bytes: int
    max_uploads: int
    max_downloads: int
    max_connections: int
    body_idle_timeout: float
    body_timeout: float
    keep_alive: float
    reaper_interval: float
    sweep_interval: float
    job_interval: float
    job_retention: float
    blob_grace: float
    staged_lease: float
    idempotency_ttl: float
    audit_months: int
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
    def response_idle_timeout(self) -> float:
        """How long a reader may pause: people and players do, where a sender that does is gone."""
        return 2 * self.body_idle_timeout

    @property
    def is_embedded(self) -> bool:
        """Whether the service starts the bundled Postgres."""
        return self.database_url is None


def read_settings(environ: Mapping[str, str], fetch: Fetch = fetch_secret) -> Settings:
    """Return the settings in `environ`. Raises `SettingsError` for the first wrong one.

    `fetch` reads those secrets of which `environ` has the id; its errors pass.
    """
    return _read(Environment(environ, fetch))


def unknown_settings(environ: Mapping[str, str], fetch: Fetch = fetch_secret) -> dict[str, str | None]:
    """Return the names in `environ` that look like a setting and are none, each with the nearest one, if any is near.

    The other settings in `environ` are right.
    """
    environment = Environment(environ, fetch)
    _read(environment)
    return environment.unknown()


def _read(environment: Environment) -> Settings:
    s3_bucket = environment.text("S3_BUCKET")
    default_store: BlobStoreKind = "s3" if s3_bucket else "disk"
    blob_store = environment.choice("BLOB_STORE", BLOB_STORES, default_store)
    blob_grace = environment.seconds("BLOB_GRACE", 86_400, least=0)
    settings = Settings(
        host=environment.text("HOST") or "127.0.0.1",
        port=environment.integer("PORT", 8000, least=1, most=65_535),
        s3_port=environment.integer("S3_PORT", 0, least=1, most=65_535) or None,
        s3_domain=(environment.text("S3_DOMAIN") or "").lower() or None,
        s3_signing_region=environment.text("S3_SIGNING_REGION") or SIGNING_REGION,
        workers=environment.integer("WORKERS", 1, least=1, most=256),
        data_dir=Path(environment.text("DATA_DIR") or "data").absolute(),
        database_url=environment.url("DATABASE_URL", {"postgresql", "postgres"}, is_secret=True),
        database_pooler_url=environment.url("DATABASE_POOLER_URL", {"postgresql", "postgres"}, is_secret=True),
        database_secret_id=environment.text("DATABASE_SECRET_ID"),
        database_pool_size=environment.integer("DATABASE_POOL_SIZE", 10, least=1, most=1000),
        database_pool_timeout=environment.seconds("DATABASE_POOL_TIMEOUT", 5, least=0.01),
        search_timeout=environment.seconds("SEARCH_TIMEOUT", 5, least=0.01),
        blob_store=blob_store,
        s3_bucket=s3_bucket,
        s3_endpoint_url=environment.url("S3_ENDPOINT_URL", {"http", "https"}),
        s3_public_endpoint_url=environment.url("S3_PUBLIC_ENDPOINT_URL", {"http", "https"}),
        s3_region=environment.text("S3_REGION"),
        s3_timeout=environment.seconds("S3_TIMEOUT", 8, least=0.1),
        signed_url_life=_signed_url_life(environment, blob_grace),
        direct_upload_life=environment.seconds("DIRECT_UPLOAD_LIFE", 86_400, least=1),
        root_key=environment.secret("ROOT_KEY"),
        tokens=read_token_settings(environment),
        key_rate=environment.integer("KEY_RATE", 0, least=1, most=MAX_RATE) or None,
        key_transfers=environment.integer("KEY_TRANSFERS", 0, least=1, most=MAX_TRANSFERS) or None,
        auth_failures=environment.integer("AUTH_FAILURES", 100, least=1, most=1_000_000),
        service_secret=environment.secret("SERVICE_SECRET"),
        service_secret_previous=environment.secret("SERVICE_SECRET_PREVIOUS"),
        max_file_size=environment.integer("MAX_FILE_SIZE", MAX_FILE_BYTES, least=1, most=MAX_FILE_BYTES),
        inline_bytes=environment.integer("INLINE_BYTES", INLINE_BYTES, least=0, most=MAX_INLINE_BYTES),
        max_uploads=environment.integer("MAX_UPLOADS", MAX_UPLOADS[blob_store], least=1, most=100_000),
        max_downloads=environment.integer("MAX_DOWNLOADS", MAX_DOWNLOADS, least=1, most=100_000),
        max_connections=environment.integer("MAX_CONNECTIONS", MAX_CONNECTIONS, least=2, most=100_000),
        body_idle_timeout=environment.seconds("BODY_IDLE_TIMEOUT", 30, least=0.01),
        body_timeout=environment.seconds("BODY_TIMEOUT", 21_600, least=0.01),
        keep_alive=environment.seconds("KEEP_ALIVE", 75, least=0.01),
        reaper_interval=environment.seconds("REAPER_INTERVAL", 60, least=0.01),
        sweep_interval=environment.seconds("SWEEP_INTERVAL", 3600, least=0.01),
        blob_grace=blob_grace,
        job_interval=environment.seconds("JOB_INTERVAL", 10, least=0.01),
        job_retention=environment.seconds("JOB_RETENTION", 604_800, least=0),
        staged_lease=environment.seconds("STAGED_LEASE", 900, least=1),
        audit_months=environment.integer("AUDIT_MONTHS", AUDIT_MONTHS, least=0, most=1200),
        idempotency_ttl=environment.seconds("IDEMPOTENCY_TTL", 86_400, least=1),
        upload_ttl=environment.seconds("UPLOAD_TTL", 86_400, least=1),
        public_url=environment.url("PUBLIC_URL", {"http", "https"}),
        trusted_proxies=environment.networks("TRUSTED_PROXIES"),
        allowed_origins=environment.origins("ALLOWED_ORIGINS"),
        shutdown_timeout=environment.integer("SHUTDOWN_TIMEOUT", 30, least=1, most=3600),
        log_level=environment.choice("LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),
        log_format=environment.choice("LOG_FORMAT", ("console", "json"), "console"),
    )
    _check_together(settings)
    return settings


def _signed_url_life(environment: Environment, blob_grace: float) -> int:
    life = environment.integer("SIGNED_URL_LIFE", 0, least=1, most=MAX_URL_LIFE)
    if not life:
        return max(1, min(URL_LIFE, int(blob_grace / 2)))
    if life >= blob_grace:
        raise SettingsError(f"{PREFIX}SIGNED_URL_LIFE is not below {PREFIX}BLOB_GRACE: URLs would outlive their bytes.")
    return life


def _check_s3_protocol(settings: Settings) -> None:
    if settings.s3_port == settings.port:
        raise SettingsError(f"{PREFIX}S3_PORT is the same as {PREFIX}PORT, where S3 is at /s3.")
    if settings.s3_domain is not None and not _DOMAIN.fullmatch(settings.s3_domain):
        raise SettingsError(f"{PREFIX}S3_DOMAIN is not the name of a host, without a port, such as s3.example.com.")
    if not _REGION.fullmatch(settings.s3_signing_region):
        raise SettingsError(f"{PREFIX}S3_SIGNING_REGION has other characters than a-z, 0-9 and '-'.")


def _check_together(settings: Settings) -> None:
    _check_s3_protocol(settings)
    if settings.blob_store == "s3" and settings.s3_bucket is None:
        raise SettingsError(f"{PREFIX}S3_BUCKET is missing, and {PREFIX}BLOB_STORE is s3.")
    if settings.database_secret_id is not None and settings.database_url is None:
        raise SettingsError(f"{PREFIX}DATABASE_URL is missing, and {PREFIX}DATABASE_SECRET_ID is set.")
    if settings.database_pooler_url is not None and settings.database_url is None:
        raise SettingsError(f"{PREFIX}DATABASE_URL is missing, and {PREFIX}DATABASE_POOLER_URL is set.")
    if settings.public_url is not None and not _PUBLIC_URL.fullmatch(settings.public_url):
        raise SettingsError(
            f"{PREFIX}PUBLIC_URL is not a host and perhaps a path, such as https://example.com/storage."
        )
    if settings.root_key is not None and not _KEY.fullmatch(settings.root_key):
        raise SettingsError(f"{PREFIX}ROOT_KEY has fewer than 16 characters, or some that are not printable ASCII.")
    _check_secrets(settings)


def _check_secrets(settings: Settings) -> None:
    secrets = {
        "ROOT_KEY": settings.root_key,
        "SERVICE_SECRET": settings.service_secret,
        "SERVICE_SECRET_PREVIOUS": settings.service_secret_previous,
    }
    taken: dict[str, str] = {}
    for name, secret in secrets.items():
        if secret is None:
            continue
        if name != "ROOT_KEY" and len(secret) < LEAST_SECRET_CHARACTERS:
            raise SettingsError(f"{PREFIX}{name} has fewer than {LEAST_SECRET_CHARACTERS} characters.")
        if other := taken.get(secret):
            raise SettingsError(f"{PREFIX}{name} is the same as {PREFIX}{other}: each is a secret of its own.")
        taken[secret] = name
