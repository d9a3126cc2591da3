"""What the image promises: the whole service, with as few rights as a container can have."""

import random
from urllib.parse import urlsplit

import httpx
import pytest

from tests.integration.container.conftest import Run
from tests.integration.container.running import RunningImage
from tests.support.polling import pause

FILES = "/v1/buckets/default/files"
CHECK = ["python", "-I", "/opt/fileport/healthcheck.py"]


async def test_a_file_makes_its_round(service: RunningImage) -> None:
    content = random.Random(1).randbytes(20 * 1024**2 + 1)
    async with service.client() as client:
        assert (await client.get("/health/ready")).json()["status"] == "ok"
        stored = await client.put(f"{FILES}/été/photo.jpg", content=content)
        assert stored.status_code == 201
        file = stored.json()
        assert (await client.get("/v1/files", params={"prefix": "été/"})).json()["items"] == [file]
        renamed = await client.patch(f"/v1/files/{file['id']}", json={"name": "winter.jpg"})
        assert renamed.status_code == 200
        assert (await client.get(f"{FILES}/winter.jpg")).content == content
        assert (await client.delete(f"/v1/files/{file['id']}")).status_code == 204
        assert (await client.get(f"{FILES}/winter.jpg")).status_code == 404


async def test_none_of_its_processes_is_root(service: RunningImage) -> None:
    processes = service.inner.top(ps_args="-eo pid,uid,args")
    assert {user.strip() for _, user, *_ in processes["Processes"]} == {"10001"}


async def test_its_health_check_fails_where_the_service_does_not_answer_well(service: RunningImage) -> None:
    assert service.inner.exec_run([*CHECK, "/health/live"]).exit_code == 0
    assert service.inner.exec_run([*CHECK, "/nowhere"]) == (1, b"/nowhere answers 404\n")
    assert service.inner.exec_run([*CHECK, "/health/live"], environment={"FILEPORT_PORT": "1"}).exit_code == 1


async def test_its_logs_tell_of_requests_and_of_no_secret(service: RunningImage, environ: dict[str, str]) -> None:
    async with service.client() as client:
        assert (await client.get(f"{FILES}/not-there")).status_code == 404
        refused = await client.get(f"{FILES}/forbidden", headers={"Authorization": "Bearer not-the-root-key"})
        assert refused.status_code == 401
    # A line about a request waits a little for others.
    while f"{FILES}/forbidden" not in (logs := service.logs()):
        await pause()
    assert f"{FILES}/not-there" in logs
    password = urlsplit(environ["FILEPORT_DATABASE_URL"]).password
    named = [environ[f"{name}"] for name in ("FILEPORT_ROOT_KEY", "FILEPORT_SERVICE_SECRET", "AWS_SECRET_ACCESS_KEY")]
    for secret in (*named, password, "not-the-root-key"):
        assert str(secret) not in logs


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"FILEPORT_WORKERS": "many"}, "FILEPORT_WORKERS is not a number."),
        ({"FILEPORT_ROOT_KEY": "hunter2"}, "FILEPORT_ROOT_KEY has fewer than 16 characters"),
        ({"FILEPORT_SERVICE_SECRET": "hunter2"}, "FILEPORT_SERVICE_SECRET has fewer than 32 characters"),
        ({"FILEPORT_SERVICE_SECRET": ""}, "FILEPORT_SERVICE_SECRET is missing"),
        ({"FILEPORT_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d"}, "The catalog does not answer."),
        ({"FILEPORT_S3_BUCKET": "", "FILEPORT_BLOB_STORE": "s3"}, "FILEPORT_S3_BUCKET is missing"),
    ],
)
async def test_a_wrong_setting_stops_it_with_one_line(
    run: Run, environ: dict[str, str], wrong: dict[str, str], line: str
) -> None:
    running = run({**environ, **wrong})
    assert running.exit_code() == 1
    logs = running.logs()
    assert logs.startswith(f"fileport: {line}")
    assert logs.count("\n") == 1
    assert "hunter2" not in logs


async def test_it_listens_where_it_is_told(run: Run, environ: dict[str, str]) -> None:
    running = run({**environ, "FILEPORT_PORT": "9000"})
    running.until_healthy()
    async with running.client() as client:
        assert (await client.get("/health/live")).status_code == httpx.codes.OK
