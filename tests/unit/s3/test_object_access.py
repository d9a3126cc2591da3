"""Objects are for callers whose scopes reach them, and what may not be seen looks like what does not exist."""

import httpx
import pytest

from tests.support.fake_service import Service
from tests.support.s3 import S3Client


async def caller(service: Service, client: httpx.AsyncClient, *actions: str, prefix: str | None = None) -> S3Client:
    """Return a client with a key to the bucket `default`."""
    scope = {"actions": actions, "bucket": "default", "prefix": prefix}
    made = (await client.post("/v1/keys", json={"name": "k", "scopes": [scope]})).json()
    return S3Client(service.app, made["access_key_id"], made["secret"])


@pytest.fixture
async def objects(s3: S3Client) -> None:
    for key in ("a/1", "b/1"):
        await s3.send("PUT", f"/default/{key}", body=b"text", headers={"x-amz-tagging": "k=v"})


@pytest.mark.parametrize(
    ("actions", "method", "path", "status"),
    [
        (("read",), "GET", "/default/a/1", 200),
        (("read",), "GET", "/default/a/2", 403),
        (("read",), "GET", "/default/b/1", 403),
        (("read",), "GET", "/default/b/2", 403),
        (("read", "list"), "GET", "/default/a/2", 404),
        (("read", "list"), "GET", "/default/b/2", 403),
        (("list",), "GET", "/default/a/1", 403),
        (("list",), "GET", "/default/a/2", 404),
        (("write",), "GET", "/default/a/1", 403),
        (("write",), "GET", "/default/a/2", 403),
        (("write",), "PUT", "/default/a/2", 200),
        (("write",), "PUT", "/default/b/2", 403),
        (("read", "list"), "PUT", "/default/a/2", 403),
        (("delete",), "DELETE", "/default/a/1", 204),
        (("delete",), "DELETE", "/default/a/2", 204),
        (("delete",), "DELETE", "/default/b/1", 403),
        (("delete",), "DELETE", "/default/b/2", 403),
        (("read", "write"), "DELETE", "/default/a/1", 403),
        (("read",), "GET", "/default/a/1?tagging", 200),
        (("write",), "GET", "/default/a/1?tagging", 403),
        (("write",), "DELETE", "/default/a/1?tagging", 204),
        (("read",), "DELETE", "/default/a/1?tagging", 403),
        (("admin",), "GET", "/nowhere/a", 404),
        (("admin",), "PUT", "/nowhere/a", 404),
    ],
)
async def test_scopes_decide(
    service: Service,
    client: httpx.AsyncClient,
    objects: None,
    actions: tuple[str, ...],
    method: str,
    path: str,
    status: int,
) -> None:
    s3 = await caller(service, client, *actions, prefix="a/")
    answer = await s3.send(method, *path.split("?"))
    assert answer.status == status
    if status == 403:
        assert answer.code == "AccessDenied"


@pytest.mark.parametrize(
    ("rights", "status"),
    [({"read", "write"}, 200), ({"write"}, 403), ({"read"}, 403), ({"list", "write"}, 403), ({"delete"}, 403)],
)
async def test_a_copy_reads_its_source_and_writes_its_name(
    service: Service, client: httpx.AsyncClient, objects: None, rights: set[str], status: int
) -> None:
    """Pitfalls of S3, test 10."""
    s3 = await caller(service, client, *rights)
    answer = await s3.send("PUT", "/default/copy", headers={"x-amz-copy-source": "default/a/1"})
    assert answer.status == status
    assert (await client.get("/v1/buckets/default/files/copy")).status_code == (200 if status == 200 else 404)


async def test_a_source_out_of_reach_looks_like_none(
    service: Service, client: httpx.AsyncClient, objects: None
) -> None:
    s3 = await caller(service, client, "read", "write", prefix="a/")
    answers = [
        await s3.send("PUT", "/default/a/copy", headers={"x-amz-copy-source": f"default/{key}"})
        for key in ("b/1", "b/2")
    ]
    assert [(each.status, each.code, each.text("Message")) for each in answers] == [
        (403, "AccessDenied", answers[0].text("Message"))
    ] * 2
