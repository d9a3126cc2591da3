"""Settings are checked whole, and a wrong one is named in one line."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from service.environment import SettingsError
from service.serve import serve
from service.settings import read_settings, unknown_settings

PRODUCTION = {
    "FILEPORT_DATABASE_URL": "postgresql://fileport:hunter2hunter2@db/fileport",
    "FILEPORT_S3_BUCKET": "files",
    "FILEPORT_ROOT_KEY": "0123456789abcdef",
    "FILEPORT_SERVICE_SECRET": "0123456789abcdef-0123456789abcdef",
}


def test_nothing_at_all_is_the_embedded_stack() -> None:
    settings = read_settings({})
    assert settings.is_embedded
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.blob_store == "disk"
    assert settings.data_dir == Path("data").absolute()


def test_a_bucket_makes_the_blob_store_s3_unless_it_is_said_otherwise() -> None:
    assert read_settings(PRODUCTION).blob_store == "s3"
    assert read_settings({**PRODUCTION, "FILEPORT_BLOB_STORE": "disk"}).blob_store == "disk"


def test_there_is_less_room_for_uploads_to_s3_which_hold_more_memory() -> None:
    assert read_settings(PRODUCTION).max_uploads < read_settings({}).max_uploads


def test_every_setting_is_read() -> None:
    settings = read_settings(
        {
            **PRODUCTION,
            "FILEPORT_HOST": "::1",
            "FILEPORT_PORT": "9000",
            "FILEPORT_S3_PORT": "9001",
            "FILEPORT_S3_DOMAIN": "S3.Example",
            "FILEPORT_S3_SIGNING_REGION": "eu-west-1",
            "FILEPORT_WORKERS": "4",
            "FILEPORT_DATA_DIR": "/srv/fileport",
            "FILEPORT_DATABASE_POOLER_URL": "postgresql://fileport@pooler:6432/fileport",
            "FILEPORT_DATABASE_SECRET_ID": "db",
            "FILEPORT_DATABASE_POOL_SIZE": "20",
            "FILEPORT_DATABASE_POOL_TIMEOUT": "0.5",
            "FILEPORT_SEARCH_TIMEOUT": "2.5",
            "FILEPORT_S3_ENDPOINT_URL": "http://localhost:4566",
            "FILEPORT_S3_PUBLIC_ENDPOINT_URL": "https://files.example",
            "FILEPORT_S3_REGION": "eu-west-1",
            "FILEPORT_S3_TIMEOUT": "2.5",
            "FILEPORT_MAX_FILE_SIZE": "1024",
            "FILEPORT_MAX_UPLOADS": "3",
            "FILEPORT_MAX_DOWNLOADS": "4",
            "FILEPORT_BODY_IDLE_TIMEOUT": "20",
            "FILEPORT_BODY_TIMEOUT": "600",
            "FILEPORT_KEEP_ALIVE": "100.5",
            "FILEPORT_REAPER_INTERVAL": "5",
            "FILEPORT_SWEEP_INTERVAL": "7.5",
            "FILEPORT_SIGNED_URL_LIFE": "59",
            "FILEPORT_DIRECT_UPLOAD_LIFE": "90",
            "FILEPORT_BLOB_GRACE": "60",
            "FILEPORT_JOB_INTERVAL": "2",
            "FILEPORT_JOB_RETENTION": "3600",
            "FILEPORT_STAGED_LEASE": "60",
            "FILEPORT_IDEMPOTENCY_TTL": "3600",
            "FILEPORT_UPLOAD_TTL": "3600",
            "FILEPORT_PUBLIC_URL": "https://files.example.com/storage",
            "FILEPORT_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "FILEPORT_ALLOWED_ORIGINS": "https://App.example, http://localhost:5173",
            "FILEPORT_SHUTDOWN_TIMEOUT": "7",
            "FILEPORT_LOG_LEVEL": "WARNING",
            "FILEPORT_LOG_FORMAT": "json",
        }
    )
    assert (settings.host, settings.port, settings.workers) == ("::1", 9000, 4)
    assert (settings.s3_port, settings.s3_domain, settings.s3_signing_region) == (9001, "s3.example", "eu-west-1")
    assert settings.data_dir == Path("/srv/fileport")
    assert (settings.database_secret_id, settings.database_pool_size, settings.database_pool_timeout) == ("db", 20, 0.5)
    assert settings.search_timeout == 2.5
    assert settings.database_pooler_url == "postgresql://fileport@pooler:6432/fileport"
    assert (settings.s3_endpoint_url, settings.s3_region) == ("http://localhost:4566", "eu-west-1")
    assert settings.s3_timeout == 2.5
    assert (settings.s3_public_endpoint_url, settings.signed_url_life) == ("https://files.example", 59)
    assert settings.direct_upload_life == 90
    assert (settings.max_file_size, settings.reaper_interval, settings.blob_grace) == (1024, 5, 60)
    assert (settings.sweep_interval, settings.job_interval, settings.job_retention) == (7.5, 2, 3600)
    assert (settings.max_uploads, settings.max_downloads) == (3, 4)
    assert (settings.body_idle_timeout, settings.body_timeout, settings.keep_alive) == (20, 600, 100.5)
    assert (settings.staged_lease, settings.shutdown_timeout) == (60, 7)
    assert settings.idempotency_ttl == 3600
    assert (settings.upload_ttl, settings.public_url) == (3600, "https://files.example.com/storage")
    assert settings.allowed_origins == ("https://app.example", "http://localhost:5173")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert (settings.log_level, settings.log_format) == ("warning", "json")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("PORT", "0"),
        ("S3_PORT", "0"),
        ("S3_PORT", "8000"),
        ("S3_DOMAIN", "http://s3.example"),
        ("S3_DOMAIN", "s3.example:9000"),
        ("S3_SIGNING_REGION", "a/b"),
        ("WORKERS", "0"),
        ("WORKERS", "1.5"),
        ("DATABASE_URL", "mysql://db"),
        ("DATABASE_URL", "postgresql://[broken"),
        ("DATABASE_URL", "postgresql://db:99999/x"),
        ("DATABASE_POOLER_URL", "mysql://pooler"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_POOL_TIMEOUT", "0"),
        ("SEARCH_TIMEOUT", "0"),
        ("BLOB_STORE", "tape"),
        ("IDEMPOTENCY_TTL", "0"),
        ("S3_ENDPOINT_URL", "localhost:4566"),
        ("S3_TIMEOUT", "0"),
        ("S3_PUBLIC_ENDPOINT_URL", "files.example"),
        ("SIGNED_URL_LIFE", "0"),
        ("DIRECT_UPLOAD_LIFE", "0"),
        ("SIGNED_URL_LIFE", "604801"),
        ("SIGNED_URL_LIFE", "86400"),
        ("ROOT_KEY", "short"),
        ("ROOT_KEY", "é" * 20),
        ("SERVICE_SECRET", "hunter2" * 4),
        ("SERVICE_SECRET_PREVIOUS", "hunter2" * 4),
        ("SERVICE_SECRET_PREVIOUS", PRODUCTION["FILEPORT_SERVICE_SECRET"]),
        ("MAX_FILE_SIZE", "5GB"),
        ("MAX_FILE_SIZE", str(2**63)),
        ("MAX_UPLOADS", "0"),
        ("MAX_DOWNLOADS", "many"),
        ("BODY_IDLE_TIMEOUT", "0"),
        ("BODY_TIMEOUT", "-1"),
        ("REAPER_INTERVAL", "-1"),
        ("BLOB_GRACE", "nan"),
        ("STAGED_LEASE", "0"),
        ("UPLOAD_TTL", "0"),
        ("KEEP_ALIVE", "0"),
        ("PUBLIC_URL", "files.example.com"),
        ("PUBLIC_URL", "https://files.example.com/?a=b"),
        ("PUBLIC_URL", "https://user@files.example.com"),
        ("PUBLIC_URL", "https://files.example.com/é"),
        ("PUBLIC_URL", "https://"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("ALLOWED_ORIGINS", "app.example"),
        ("ALLOWED_ORIGINS", "https://app.example/"),
        ("ALLOWED_ORIGINS", "null"),
        ("SHUTDOWN_TIMEOUT", "0"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line_without_its_secrets(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings({**PRODUCTION, f"FILEPORT_{name}": value})
    message = str(raised.value)
    assert message.startswith(f"FILEPORT_{name} ")
    assert "\n" not in message
    assert "hunter2" not in message


@pytest.mark.parametrize(("grace", "life"), [("604800", 900), ("1000", 500), ("0", 1)])
def test_signed_urls_end_before_the_grace_of_bytes_does(grace: str, life: int) -> None:
    assert read_settings({"FILEPORT_BLOB_GRACE": grace}).signed_url_life == life


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"FILEPORT_BLOB_STORE": "s3"}, "FILEPORT_S3_BUCKET"),
        ({"FILEPORT_DATABASE_SECRET_ID": "db"}, "FILEPORT_DATABASE_URL"),
        ({"FILEPORT_DATABASE_POOLER_URL": "postgresql://pooler/x"}, "FILEPORT_DATABASE_URL"),
    ],
)
def test_a_missing_setting_is_named(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsError, match=f"^{missing} is missing"):
        read_settings(environ)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"FILEPORT_DATABASE_URL": "postgresql://db/x"}, "FILEPORT_ROOT_KEY is missing"),
        ({**PRODUCTION, "FILEPORT_SERVICE_SECRET": ""}, "FILEPORT_SERVICE_SECRET is missing"),
        ({**PRODUCTION, "FILEPORT_HOST": "192.0.2.1"}, "FILEPORT_HOST and FILEPORT_PORT"),
        ({**PRODUCTION, "FILEPORT_HOST": "a..b"}, "FILEPORT_HOST and FILEPORT_PORT"),
    ],
)
def test_settings_that_only_a_server_needs_stop_only_a_server(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=f"^{named}"):
        serve(read_settings(environ), lambda: True)


def test_the_service_secret_is_not_the_root_key() -> None:
    same = {"FILEPORT_ROOT_KEY": "s" * 32, "FILEPORT_SERVICE_SECRET": "s" * 32}
    with pytest.raises(SettingsError, match=r"^FILEPORT_SERVICE_SECRET is the same as FILEPORT_ROOT_KEY"):
        read_settings({**PRODUCTION, **same})


def test_settings_never_show_their_secrets() -> None:
    assert "hunter2" not in repr(read_settings(PRODUCTION))
    assert "0123456789abcdef" not in repr(read_settings(PRODUCTION))
    assert "hunter2" not in str(read_settings(PRODUCTION).__rich_repr__())


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("FILEPORT_PROT", "FILEPORT_PORT"),
        ("FILEPORT_DB_URL", "FILEPORT_DATABASE_URL"),
        ("FILEPORT_S3_ENDPOINT", "FILEPORT_S3_ENDPOINT_URL"),
        ("FILEPORT_TTL", "FILEPORT_UPLOAD_TTL"),
        ("FILEPORT_ROOTKEY", "FILEPORT_ROOT_KEY"),
        ("fileport_port", "FILEPORT_PORT"),
        ("FILEPORT_XYZ", None),
    ],
)
def test_a_variable_that_is_no_setting_is_told_with_the_nearest_one(name: str, nearest: str | None) -> None:
    environ = {**PRODUCTION, "PATH": "/bin", "PROT": "1", name: "1"}
    assert unknown_settings(environ) == {name: nearest}


def test_settings_and_the_variables_of_curl_commands_are_known() -> None:
    assert unknown_settings({**PRODUCTION, "FILEPORT_URL": "http://x", "FILEPORT_KEY": "k"}) == {}
