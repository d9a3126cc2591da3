"""The figures of a quota are for callers who see all of its bucket."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.access.callers import Caller
from domain.access.scopes import EVERYTHING
from domain.buckets.errors import QuotaExceededError, QuotaFigures
from service.http.problems import problem_of
from tests.support.clients import client_of
from tests.support.fake_service import lint, open_service
from tests.support.identity_provider import AUDIENCE, ISSUER, pem, private_key, token

BUCKET = "/v1/buckets/songs"
FIGURES = {"quota_bytes": 10, "used_bytes": 8, "quota_files": None, "used_files": 1}
WRITE = {"actions": ["write"], "bucket": "songs", "prefix": "team/"}


@pytest.fixture(scope="module")
async def root() -> AsyncIterator[httpx.AsyncClient]:
    """The holder of the root key, at a service that also trusts an identity provider."""
    environ = {
        "FILEPORT_JWT_ISSUER": ISSUER,
        "FILEPORT_JWT_AUDIENCE": AUDIENCE,
        "FILEPORT_JWT_PUBLIC_KEY": pem(private_key()),
    }
    async with open_service(environ=environ) as service, client_of(service.app) as client:
        client.event_hooks = {"response": [lint]}
        await client.put(BUCKET, json={"quota_bytes": 10})
        await client.put(f"{BUCKET}/files/other/a", content=b"12345678")
        yield client


async def refused(root: httpx.AsyncClient, *scopes: dict[str, Any]) -> dict[str, Any]:
    """Return the problem of a caller with those scopes, the same for a file alone and in a batch."""
    headers = {"Authorization": f"Bearer {token(fileport_scopes=list(scopes))}"}
    source = await root.put("/v1/buckets/default/files/source", content=b"123")
    copy = {"op": "copy", "id": source.json()["id"], "to": {"bucket": "songs", "name": "team/b"}}
    answer = await root.put(f"{BUCKET}/files/team/a", content=b"123", headers=headers)
    batch = await root.post("/v1/batch", json={"operations": [copy]}, headers=headers)
    assert answer.status_code == 507
    assert batch.json()["results"] == [{"status": 507, "problem": answer.json()}]
    return dict(answer.json())


SOURCE = {"actions": ["read"], "bucket": "default"}


@pytest.mark.parametrize(
    "scopes",
    [
        [WRITE],
        [WRITE, {"actions": ["read", "list"], "bucket": "songs", "prefix": "team/"}],
        [{"actions": ["write", "delete"], "bucket": "songs"}],
    ],
)
async def test_a_caller_who_sees_a_part_of_the_bucket_learns_no_figures(
    root: httpx.AsyncClient, scopes: list[dict[str, Any]]
) -> None:
    problem = await refused(root, SOURCE, *scopes)
    assert problem["code"] == "quota_exceeded"
    assert not FIGURES.keys() & problem.keys()
    assert not any(figure in problem["detail"] for figure in "0123456789")


@pytest.mark.parametrize(
    "scopes", [[WRITE, {"actions": ["list"], "bucket": "songs"}], [{"actions": ["admin"], "bucket": "s*"}]]
)
async def test_a_caller_who_sees_all_of_the_bucket_learns_the_figures(
    root: httpx.AsyncClient, scopes: list[dict[str, Any]]
) -> None:
    problem = await refused(root, SOURCE, *scopes)
    assert {key: problem[key] for key in FIGURES} == FIGURES


def test_a_link_learns_no_figures() -> None:
    figures = QuotaFigures(bucket="songs", quota_bytes=10, used_bytes=8, quota_files=3, used_files=1)
    error = QuotaExceededError("It does not fit.", figures)
    assert problem_of(error, Caller(kind="root", permissions=EVERYTHING)).used_bytes == 8
    assert problem_of(error, Caller(kind="link", permissions=EVERYTHING)) == problem_of(
        QuotaExceededError(error.detail)
    )
