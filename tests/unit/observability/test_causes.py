"""What the log says of a failure, and clients do not."""

import errno
import json
from typing import Any

import httpx
import pytest
import structlog

from domain.blobs.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from domain.errors import CatalogUnavailableError, FileportError
from domain.secrets.errors import SecretUnavailableError
from service.observability.causes import cause_of, explain, facts_of
from service.observability.logs import configure_logs
from service.observability.origins import origins_of
from service.settings import read_settings
from tests.fakes.blobs.store import FakeBlobStore

NO_SPACE = OSError(errno.ENOSPC, "No space left on device", "/data/blobs/tmp/x")
PRODUCTION = {
    "FILEPORT_DATABASE_URL": "postgresql://fileport:hunter2hunter2@db.example:6432/files?sslmode=require",
    "FILEPORT_DATABASE_SECRET_ID": "prod/db",
    "FILEPORT_S3_BUCKET": "files",
    "FILEPORT_ROOT_KEY": "0123456789abcdef",
    "FILEPORT_SERVICE_SECRET": "0123456789abcdef" * 2,
}


def caused(error: FileportError, cause: BaseException) -> FileportError:
    error.__cause__ = cause
    return error


def test_a_refusal_of_the_system_is_named() -> None:
    error = caused(BlobStoreRefusedError("The blob store's disk refuses this."), NO_SPACE)
    assert facts_of(error) == {
        "code": "blob_store_unavailable",
        "detail": "The blob store's disk refuses this.",
        "cause": "ENOSPC: No space left on device: /data/blobs/tmp/x",
    }


def test_a_cause_is_told_from_its_first_to_its_last_in_one_line() -> None:
    first = RuntimeError("Could not connect\nto the endpoint")
    first.__cause__ = ValueError()
    first.__cause__.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed")
    error = caused(caused(CatalogUnavailableError("x"), CatalogUnavailableError("y")), first)
    assert cause_of(error) == "RuntimeError: Could not connect to the endpoint, from ECONNREFUSED: Connect call failed"


def test_an_error_without_a_cause_has_none() -> None:
    assert facts_of(CatalogUnavailableError("x")) == {"code": "catalog_unavailable", "detail": "x"}


@pytest.mark.parametrize(
    ("environ", "origins"),
    [
        (
            {},
            {
                CatalogUnavailableError: ("FILEPORT_DATA_DIR", "/srv"),
                BlobStoreUnavailableError: ("FILEPORT_DATA_DIR", "/srv"),
            },
        ),
        (
            PRODUCTION,
            {
                CatalogUnavailableError: ("FILEPORT_DATABASE_URL", "db.example:6432"),
                BlobStoreUnavailableError: ("FILEPORT_S3_BUCKET", "the bucket files of AWS"),
                SecretUnavailableError: ("FILEPORT_DATABASE_SECRET_ID", "prod/db"),
            },
        ),
        (
            {**PRODUCTION, "FILEPORT_S3_ENDPOINT_URL": "http://user:hunter2@minio:9000"},
            {BlobStoreUnavailableError: ("FILEPORT_S3_ENDPOINT_URL", "minio:9000, the bucket files")},
        ),
        (
            {**PRODUCTION, "FILEPORT_DATABASE_URL": "postgresql:///files?host=/run/postgresql"},
            {CatalogUnavailableError: ("FILEPORT_DATABASE_URL", "/run/postgresql")},
        ),
    ],
)
def test_a_failing_part_is_where_a_setting_says_and_passwords_are_not_told(
    environ: dict[str, str], origins: dict[type[FileportError], tuple[str, str]]
) -> None:
    found = origins_of(read_settings({"FILEPORT_DATA_DIR": "/srv", **environ}))
    for kind, (setting, at) in origins.items():
        assert found[kind.code] == {"setting": setting, "at": at}
    assert "hunter2" not in repr(found)


def test_the_person_who_starts_the_service_gets_one_line() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('10.0.0.1', 6432)")
    error = caused(CatalogUnavailableError("The catalog does not answer."), refused)
    assert explain(error, origins_of(read_settings(PRODUCTION))) == (
        "The catalog does not answer. See FILEPORT_DATABASE_URL, which leads to db.example:6432. "
        "The cause: ECONNREFUSED: Connect call failed ('10.0.0.1', 6432)"
    )


def test_a_log_line_about_a_store_names_its_setting(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="info", format_="json", origins=origins_of(read_settings(PRODUCTION)))
    log = structlog.get_logger()
    log.warning("request failed", **facts_of(CatalogUnavailableError("x")))
    log.info("request", status=200)
    failure, request = map(json.loads, capsys.readouterr().err.splitlines())
    assert (failure["setting"], failure["at"]) == ("FILEPORT_DATABASE_URL", "db.example:6432")
    assert "setting" not in request


async def test_the_log_has_the_cause_and_the_client_has_not(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    blobs.fail_with = caused(BlobStoreRefusedError("The blob store's disk refuses this."), NO_SPACE)
    with structlog.testing.capture_logs() as lines:
        stored = await client.put("/v1/buckets/default/files/a.txt", content=b"x")
        ready = await client.get("/health/ready")
    assert (stored.status_code, ready.status_code) == (503, 503)
    failures = [line for line in lines if "cause" in line]
    assert [line["event"] for line in failures] == ["request failed", "not ready"]
    for line in failures:
        check_cause(line)
    for answer in (stored, ready):
        assert "space" not in answer.text.lower()
        assert "/data" not in answer.text


def check_cause(line: Any) -> None:
    assert line["cause"].startswith("ENOSPC: No space left on device")
