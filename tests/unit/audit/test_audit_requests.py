"""`GET /v1/audit`, and what requests leave in it."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.audit.model import AUDIT_ACTIONS
from tests.support.clients import ROOT_KEY, client_of
from tests.support.documented import DocumentedProblems
from tests.support.fake_service import Service, lint, open_service
from tests.support.identity_provider import AUDIENCE, ISSUER, pem, private_key, token

FILES = "/v1/buckets/default/files"


@pytest.fixture(scope="module")
async def own_service() -> AsyncIterator[Service]:
    """A service that trusts an identity provider."""
    environ = {
        "FILEPORT_JWT_ISSUER": ISSUER,
        "FILEPORT_JWT_AUDIENCE": AUDIENCE,
        "FILEPORT_JWT_PUBLIC_KEY": pem(private_key()),
    }
    async with open_service(environ=environ) as service:
        yield service


@pytest.fixture
async def client(own_service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the root key of a service that holds nothing yet."""
    await own_service.reset()
    async with client_of(own_service.app) as client:
        documented = DocumentedProblems((await client.get("/schema/openapi.json")).json())
        client.event_hooks = {"response": [lint, documented.check]}
        yield client


def bearer(*scopes: tuple[Sequence[str], str, str | None], sub: str = "ann") -> dict[str, str]:
    claims = [
        {"actions": list(actions), "bucket": bucket} | ({} if prefix is None else {"prefix": prefix})
        for actions, bucket, prefix in scopes
    ]
    return {"Authorization": f"Bearer {token(sub=sub, fileport_scopes=claims)}"}


ADMIN = (["admin"], "*", None)
READER = (["read"], "default", "team/")
WRITER = (["write"], "default", None)


async def entries(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/audit", params=params)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def denied(client: httpx.AsyncClient, service: Service) -> list[dict[str, Any]]:
    """Return the denials, with none still on its way."""
    await service.denials.flush()
    return [entry for entry in await entries(client) if entry["outcome"] == "denied"]


async def test_an_entry_has_every_field(client: httpx.AsyncClient) -> None:
    stored = await client.put(f"{FILES}/é/a.txt", content=b"x", headers={"X-Request-Id": "r-7"})
    [entry] = await entries(client)
    assert entry == {
        "id": entry["id"],
        "at": stored.json()["created_at"],
        "action": "file.create",
        "outcome": "done",
        "caller": {"kind": "root", "id": None},
        "address": "127.0.0.1",
        "request_id": "r-7",
        "bucket": "default",
        "file_id": stored.json()["id"],
        "name": "é/a.txt",
        "subject": None,
        "count": 1,
    }


async def test_a_token_is_known_by_its_issuer_and_its_subject(client: httpx.AsyncClient) -> None:
    await client.put(f"{FILES}/a", content=b"x", headers=bearer(WRITER))
    [entry] = await entries(client)
    assert entry["caller"]["kind"] == "token"
    assert ISSUER in entry["caller"]["id"]
    assert "ann" in entry["caller"]["id"]
    found = await entries(client, caller=f"token:{entry['caller']['id']}")
    assert found == [entry]


async def test_a_request_that_changes_nothing_leaves_no_entry(client: httpx.AsyncClient) -> None:
    assert (await client.put(f"{FILES}/a", content=b"x", headers={"If-Match": '"x"'})).status_code == 412
    assert (await client.get(f"{FILES}/a")).status_code == 404
    assert (await client.get("/v1/files")).status_code == 200
    assert await entries(client) == []


async def test_entries_are_filtered_and_paged(client: httpx.AsyncClient, own_service: Service) -> None:
    ids = []
    for number in range(5):
        ids.append((await client.put(f"{FILES}/{number}", content=b"x")).json()["id"])
        own_service.clock.advance(60)
    begin = own_service.clock.now() - timedelta(minutes=5)
    assert [entry["file_id"] for entry in await entries(client, file_id=ids[2])] == [ids[2]]
    assert len(await entries(client, action="file.create", bucket="default", caller="root")) == 5
    assert await entries(client, caller="system") == []
    assert await entries(client, bucket="songs") == []
    since, until = begin + timedelta(minutes=1), begin + timedelta(minutes=3)
    found = await entries(client, since=since.isoformat(), until=until.isoformat())
    assert [entry["file_id"] for entry in found] == [ids[2], ids[1]]
    read, cursor = [], None
    while True:
        page = (await client.get("/v1/audit", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        read += [entry["file_id"] for entry in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert read == ids[::-1]


@pytest.mark.parametrize(
    "params",
    [
        {"caller": "somebody"},
        {"caller": "key:"},
        {"caller": "key:a\0"},
        {"action": "file.read"},
        {"bucket": "A B"},
        {"file_id": "x"},
        {"since": "yesterday"},
        {"since": "2026-11-01T00:00:00"},
        {"since": "1700000000"},
        {"until": "null"},
        {"file_id": "null"},
        {"action": "NULL"},
        {"bucket": "\0"},
        {"limit": "0"},
        {"limit": "1001"},
        {"cursor": "x"},
        {"actor": "root"},
    ],
)
async def test_a_wrong_parameter_is_400(client: httpx.AsyncClient, params: dict[str, str]) -> None:
    assert (await client.get("/v1/audit", params=params)).status_code == 400


async def test_only_admins_read_the_audit(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/audit", headers=bearer(READER, WRITER))
    assert (answer.status_code, answer.json()["code"]) == (403, "access_denied")
    del client.headers["Authorization"]
    assert (await client.get("/v1/audit")).status_code == 401


async def test_an_admin_sees_what_it_administers(client: httpx.AsyncClient, own_service: Service) -> None:
    await client.put("/v1/buckets/songs", json={})
    for bucket, name in (("default", "team/a"), ("default", "other/a"), ("songs", "team/b")):
        await client.put(f"/v1/buckets/{bucket}/files/{name}", content=b"x")
    await client.get("/v1/files", headers={"Authorization": "Bearer wrong"})
    assert len(await denied(client, own_service)) == 1
    seen = {
        scope: [(entry["action"], entry["bucket"], entry["name"]) for entry in answer.json()["items"]]
        for scope in (("*", None), ("songs", None), ("default", "team/"))
        for answer in [await client.get("/v1/audit", headers=bearer((["admin"], *scope)))]
    }
    assert sorted(seen["songs", None]) == [("bucket.create", "songs", None), ("file.create", "songs", "team/b")]
    assert seen["default", "team/"] == [("file.create", "default", "team/a")]
    assert len(seen["*", None]) == 5
    assert len(await entries(client)) == 5


async def test_a_cursor_belongs_to_its_caller(client: httpx.AsyncClient) -> None:
    for name in ("a", "b"):
        await client.put(f"{FILES}/{name}", content=b"x")
    cursor = (await client.get("/v1/audit", params={"limit": 1})).json()["next"]
    answer = await client.get("/v1/audit", params={"limit": 1, "cursor": cursor}, headers=bearer(ADMIN))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_wrong_credentials_are_in_the_audit_and_no_credential_is(
    client: httpx.AsyncClient, own_service: Service
) -> None:
    headers = {"Authorization": "Bearer canary-credential", "X-Request-Id": "r-8"}
    answer = await client.put("/v1/buckets/songs/files/a/b.txt", content=b"x", headers=headers)
    assert answer.status_code == 401
    [entry] = await denied(client, own_service)
    assert (entry["action"], entry["caller"]) == ("access.authenticate", {"kind": "nobody", "id": None})
    assert (entry["address"], entry["request_id"]) == ("127.0.0.1", "r-8")
    assert (entry["bucket"], entry["name"], entry["file_id"]) == ("songs", "a/b.txt", None)
    assert "canary" not in str(await entries(client))


async def test_no_credentials_are_a_denial(client: httpx.AsyncClient, own_service: Service) -> None:
    file_id = (await client.put(f"{FILES}/a", content=b"x")).json()["id"]
    root = client.headers.pop("Authorization")
    assert (await client.delete(f"/v1/files/{file_id}")).status_code == 401
    assert (await client.get(f"{FILES}/a")).status_code == 401
    client.headers["Authorization"] = root
    by_id, by_name = sorted(await denied(client, own_service), key=lambda entry: str(entry["action"]))
    assert (by_id["action"], by_id["file_id"]) == ("access.authenticate", file_id)
    assert (by_name["action"], by_name["bucket"], by_name["name"]) == ("access.read", "default", "a")


async def test_a_right_that_is_missing_is_a_denial(client: httpx.AsyncClient, own_service: Service) -> None:
    file_id = (await client.put(f"{FILES}/team/a", content=b"x")).json()["id"]
    assert (await client.delete(f"/v1/files/{file_id}", headers=bearer(READER))).status_code == 403
    [entry] = await denied(client, own_service)
    assert (entry["action"], entry["caller"]["kind"]) == ("access.delete", "token")
    assert (entry["bucket"], entry["file_id"], entry["name"]) == ("default", file_id, "team/a")


async def test_what_is_hidden_is_a_denial_and_what_is_missing_is_none(
    client: httpx.AsyncClient, own_service: Service
) -> None:
    file_id = (await client.put(f"{FILES}/other/a", content=b"x")).json()["id"]
    hidden = await client.get(f"/v1/files/{file_id}", headers=bearer(READER))
    missing = await client.get(f"/v1/files/{own_service.fakes.catalog.database.audit[0].id}", headers=bearer(READER))
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    [entry] = await denied(client, own_service)
    assert (entry["action"], entry["file_id"], entry["name"]) == ("access.read", file_id, "other/a")


async def test_what_is_missing_is_no_denial_on_any_route(client: httpx.AsyncClient, own_service: Service) -> None:
    for path in (
        f"{FILES}/team/a",
        f"/v1/files/{uuid4()}",
        f"/v1/files/{uuid4()}/content",
        f"/v1/files/{uuid4()}/text",
        f"/v1/files/{uuid4()}/links",
        f"/v1/links/{uuid4()}",
        f"/v1/jobs/{uuid4()}",
        f"/v1/keys/{uuid4()}",
        "/v1/buckets/none",
    ):
        assert (await client.get(path)).status_code == 404
        assert (await client.get(path, headers=bearer(READER))).status_code in {403, 404}
    assert (await client.post(f"/v1/files/{uuid4()}/links", json={})).status_code == 404
    assert [entry for entry in await denied(client, own_service) if entry["caller"]["kind"] == "root"] == []
    assert {entry["action"] for entry in await denied(client, own_service)} <= {"access.admin"}


async def test_an_operation_of_a_batch_that_is_denied_is_a_denial(
    client: httpx.AsyncClient, own_service: Service
) -> None:
    await client.put(f"{FILES}/team/a", content=b"x")
    operation = {"op": "delete", "bucket": "default", "name": "team/a"}
    answer = await client.post("/v1/batch", json={"operations": [operation]}, headers=bearer(READER))
    assert answer.json()["results"][0]["status"] == 403
    [entry] = await denied(client, own_service)
    assert (entry["action"], entry["bucket"], entry["name"]) == ("access.delete", "default", "team/a")


async def test_names_that_no_catalog_holds_are_kept_as_they_can_be(
    client: httpx.AsyncClient, own_service: Service
) -> None:
    headers = {"Authorization": "Bearer wrong"}
    for name in ("a%00b", "x" * 3000, "%ff"):
        assert (await client.get(f"{FILES}/{name}", headers=headers)).status_code == 401
    assert (await client.get("/v1/buckets/NO%20SUCH/files/a", headers=headers)).status_code == 401
    for entry in await denied(client, own_service):
        assert entry["bucket"] in {"default", None}
        assert len(entry["name"]) <= 1024
        assert "\0" not in entry["name"]


async def test_a_flood_of_denials_stays_bounded(client: httpx.AsyncClient, own_service: Service) -> None:
    headers = {"Authorization": "Bearer wrong"}
    for number in range(100):
        await client.get(f"{FILES}/{number}", headers=headers)
    found = await denied(client, own_service)
    [lost] = [entry for entry in found if entry["action"] == "audit.lost"]
    assert len(found) <= 51
    assert lost["count"] + len(found) - 1 == 100


async def test_no_secret_is_in_the_audit(client: httpx.AsyncClient, own_service: Service) -> None:
    credential = token(fileport_scopes=[{"actions": ["admin"], "bucket": "*"}])
    headers = {"Authorization": f"Bearer {credential}"}
    file = (await client.put(f"{FILES}/a", content=b"x", headers=headers)).json()
    await client.patch(f"/v1/files/{file['id']}", json={"metadata": {"password": "canary"}}, headers=headers)
    await client.delete(f"/v1/files/{file['id']}", headers={"Authorization": f"Bearer {credential}x"})
    await own_service.denials.flush()
    rows = repr(own_service.catalog.database.audit)
    assert "file.change" in rows
    assert "access.authenticate" in rows
    for secret in (credential, credential.rpartition(".")[2], ROOT_KEY, "canary"):
        assert secret not in rows


def test_actions_are_a_closed_list_of_their_form() -> None:
    assert len(AUDIT_ACTIONS) == len(set(AUDIT_ACTIONS))
    kinds = {action.partition(".")[0] for action in AUDIT_ACTIONS}
    assert kinds == {
        "file",
        "bucket",
        "upload",
        "direct_upload",
        "multipart_upload",
        "job",
        "key",
        "link",
        "access",
        "audit",
    }
