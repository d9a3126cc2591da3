"""Keys over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.keys.secret import new_access_key_id, new_secret, with_checksum
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN, FakeDatabase

Json = dict[str, Any]
READ = [{"actions": ["read", "list"], "bucket": "default", "prefix": "a/"}]
ADMIN = [{"actions": ["admin"], "bucket": "photos", "prefix": None}]


async def make(client: httpx.AsyncClient, scopes: list[Json], *, by: str | None = None, **fields: Any) -> Json:
    answer = await client.post("/v1/keys", json={"name": "a key", "scopes": scopes, **fields}, headers=bearer(by))
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def bearer(secret: str | None) -> dict[str, str]:
    return {} if secret is None else {"Authorization": f"Bearer {secret}"}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_key_is_made_and_its_secret_is_shown_once(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/v1/keys", json={"name": "web", "scopes": READ, "expires_at": "2100-01-01T02:00:00+02:00"}
    )
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/v1/keys/{made['id']}"
    assert answer.headers["cache-control"] == "no-store"
    secret = made.pop("secret")
    assert secret.startswith(f"fp_{made['access_key_id']}_")
    assert made == {
        "id": made["id"],
        "access_key_id": made["access_key_id"],
        "name": "web",
        "scopes": READ,
        "created_at": made["created_at"],
        "expires_at": "2100-01-01T00:00:00Z",
        "last_used_at": None,
        "revoked_at": None,
        "rate": None,
        "transfers": None,
    }
    found = await client.get(f"/v1/keys/{made['id']}")
    assert (found.status_code, found.json()) == (200, made)
    listed = await client.get("/v1/keys")
    assert listed.json() == {"items": [made], "limit": 50, "next": None}
    for other in (found, listed):
        assert secret not in other.text


async def test_its_bearer_is_let_in(client: httpx.AsyncClient) -> None:
    made = await make(client, ADMIN)
    answer = await client.get("/v1/keys", headers=bearer(made["secret"]))
    assert [key["id"] for key in answer.json()["items"]] == [made["id"]]


@pytest.mark.parametrize(
    "credential",
    ["é", "fp_é", "\udcff", with_checksum(f"fp_4fXk0Qz9TtWb_{'x' * 43}"), "fp_" + "0" * 62, "eyJhbGciOiJub25lIn0.e30."],
)
async def test_others_are_not(client: httpx.AsyncClient, credential: str) -> None:
    header = f"Bearer {credential}".encode("utf-8", "surrogateescape")
    answer = await client.get("/v1/files", headers={b"Authorization": header})
    assert code(answer) == (401, "unauthorized")


async def test_keys_that_are_not_sound_are_refused(client: httpx.AsyncClient) -> None:
    past = "2000-01-01T00:00:00Z"
    for fields, expected in (
        ({"name": ""}, "invalid_key_name"),
        ({"name": " "}, "invalid_key_name"),
        ({"name": "a\nb"}, "invalid_key_name"),
        ({"name": "x" * 201}, "invalid_key_name"),
        ({"scopes": []}, "invalid_scope"),
        ({"scopes": [{"actions": ["read"], "bucket": "A"}]}, "invalid_scope"),
        ({"scopes": [{"actions": ["fly"], "bucket": "a"}]}, "invalid_input"),
        ({"scopes": [{"actions": ["read"], "bucket": "a", "name": "b"}]}, "invalid_input"),
        ({"expires_at": past}, "invalid_key_expiry"),
        ({"expires_at": "2100-01-01T00:00:00"}, "invalid_time"),
        ({"secret": "mine"}, "invalid_input"),
        ({"rate": 0}, "invalid_key_limit"),
        ({"rate": 1_000_001}, "invalid_key_limit"),
        ({"transfers": -1}, "invalid_key_limit"),
        ({"transfers": 100_001}, "invalid_key_limit"),
        ({"transfers": 1.5}, "invalid_input"),
        ({"rate": "5"}, "invalid_input"),
    ):
        answer = await client.post("/v1/keys", json={"name": "a", "scopes": READ, **fields})
        assert code(answer) == (400, expected), fields
    assert (await client.get("/v1/keys")).json()["items"] == []


async def test_an_answer_with_a_secret_is_not_kept(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    made = await make(client, READ)
    keyed = {"Idempotency-Key": "once"}
    answer = await client.post("/v1/keys", json={"name": "a", "scopes": READ}, headers=keyed)
    assert code(answer) == (400, "not_repeatable")
    answer = await client.post(f"/v1/keys/{made['id']}/rotate", json={}, headers=keyed)
    assert code(answer) == (400, "not_repeatable")
    assert len(database.api_keys) == 1
    assert database.keys == {}


async def test_only_admins_see_that_there_are_keys(client: httpx.AsyncClient) -> None:
    made = await make(client, READ)
    writer = bearer((await make(client, [{"actions": ["read", "list", "write", "delete"], "bucket": "*"}]))["secret"])
    new = {"name": "a", "scopes": READ}
    for path in (f"/v1/keys/{made['id']}", f"/v1/keys/{uuid4()}"):
        for answer in (
            await client.get(path, headers=writer),
            await client.patch(path, json={"name": "b"}, headers=writer),
            await client.delete(path, headers=writer),
            await client.post(f"{path}/rotate", json={}, headers=writer),
        ):
            assert code(answer) == (403, "access_denied")
    for answer in (
        await client.get("/v1/keys", headers=writer),
        await client.post("/v1/keys", json=new, headers=writer),
    ):
        assert code(answer) == (403, "access_denied")


async def test_an_admin_of_one_bucket_handles_its_keys_alone(client: httpx.AsyncClient) -> None:
    admin = bearer((await make(client, ADMIN))["secret"])
    inner = await make(client, [{"actions": ["read"], "bucket": "photos", "prefix": "a"}])
    outer = await make(client, READ)
    missing = await client.get(f"/v1/keys/{uuid4()}", headers=admin)
    hidden = await client.get(f"/v1/keys/{outer['id']}", headers=admin)
    assert (hidden.status_code, hidden.content) == (404, missing.content)
    path = f"/v1/keys/{outer['id']}"
    for answer in (
        await client.patch(path, json={"scopes": ADMIN}, headers=admin),
        await client.delete(path, headers=admin),
        await client.post(f"{path}/rotate", json={}, headers=admin),
    ):
        assert code(answer) == (404, "key_not_found")
    assert (await client.delete(f"/v1/keys/{inner['id']}", headers=admin)).status_code == 204
    for scopes in (
        READ,
        [*ADMIN, *READ],
        [{"actions": ["admin"], "bucket": "*"}],
        [{"actions": ["read"], "bucket": "photos*"}],
    ):
        answer = await client.post("/v1/keys", json={"name": "a", "scopes": scopes}, headers=admin)
        assert code(answer) == (403, "access_denied")


async def test_a_child_ends_with_its_maker(client: httpx.AsyncClient, clock: FakeClock) -> None:
    end = (clock.now() + timedelta(hours=1)).astimezone(UTC)
    maker = await make(client, ADMIN, expires_at=end.isoformat())
    child = await make(client, ADMIN, by=maker["secret"])
    assert child["expires_at"] == maker["expires_at"]
    later = {"name": "a", "scopes": ADMIN, "expires_at": (end + timedelta(seconds=1)).isoformat()}
    assert code(await client.post("/v1/keys", json=later, headers=bearer(maker["secret"]))) == (403, "access_denied")
    renewal = {"expires_at": later["expires_at"]}
    for id_ in (maker["id"], child["id"]):
        answer = await client.patch(f"/v1/keys/{id_}", json=renewal, headers=bearer(maker["secret"]))
        assert code(answer) == (403, "access_denied")
    clock.advance(3600)
    for made in (maker, child):
        assert (await client.get("/v1/keys", headers=bearer(made["secret"]))).status_code == 401


async def test_the_own_limits_of_a_key_hold_for_it_at_once(client: httpx.AsyncClient, clock: FakeClock) -> None:
    made = await make(client, ADMIN, rate=2, transfers=1)
    assert (made["rate"], made["transfers"]) == (2, 1)
    answers = [await client.get("/v1/keys", headers=bearer(made["secret"])) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert code(answers[2]) == (429, "rate_limited")
    policy = '"default";q=2;w=1, "transfers";q=1;qu="concurrent-requests"'
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {policy}
    changed = await client.patch(f"/v1/keys/{made['id']}", json={"rate": None})
    assert (changed.json()["rate"], changed.json()["transfers"]) == (None, 1)
    answer = await client.get("/v1/keys", headers=bearer(made["secret"]))
    assert (answer.status_code, answer.headers.get("ratelimit")) == (200, None)
    wrong = await client.patch(f"/v1/keys/{made['id']}", json={"rate": 0})
    assert code(wrong) == (400, "invalid_key_limit")


async def test_a_key_gives_no_limits_beyond_its_own_not_even_to_itself(client: httpx.AsyncClient) -> None:
    maker = await make(client, ADMIN, rate=100, transfers=3)
    child = await make(client, ADMIN, by=maker["secret"], transfers=2)
    assert (child["rate"], child["transfers"]) == (100, 2), "what is not asked for is the maker's own"
    beyond: list[Json] = [{"rate": 101}, {"transfers": 4}, {"rate": 1, "transfers": 1000}]
    for fields in beyond:
        new = {"name": "a", "scopes": ADMIN, **fields}
        assert code(await client.post("/v1/keys", json=new, headers=bearer(maker["secret"]))) == (403, "access_denied")
        for id_ in (maker["id"], child["id"]):
            answer = await client.patch(f"/v1/keys/{id_}", json=fields, headers=bearer(maker["secret"]))
            assert code(answer) == (403, "access_denied")
    none = {"rate": None, "transfers": None, "name": "b"}
    answer = await client.patch(f"/v1/keys/{child['id']}", json=none, headers=bearer(maker["secret"]))
    assert (answer.json()["rate"], answer.json()["transfers"]) == (100, 3)


async def test_a_key_is_changed(client: httpx.AsyncClient) -> None:
    made = await make(client, READ, expires_at="2100-01-01T00:00:00Z")
    path = f"/v1/keys/{made['id']}"
    answer = await client.patch(path, json={"name": "b", "scopes": ADMIN, "expires_at": None})
    assert answer.status_code == 200
    del made["secret"]
    assert answer.json() == {**made, "name": "b", "scopes": ADMIN, "expires_at": None}
    assert (await client.get(path)).json() == answer.json()
    wrong: list[object] = [{"name": None}, {"scopes": None}, {"revoked_at": None}, {"access_key_id": "x"}, []]
    for fields in wrong:
        assert code(await client.patch(path, json=fields)) == (400, "invalid_input")
    assert (await client.get(path)).json() == answer.json()


async def test_a_revoked_key_is_refused_at_once_and_stays_readable(client: httpx.AsyncClient) -> None:
    made, other = await make(client, ADMIN), await make(client, ADMIN)
    key = bearer(made["secret"])
    assert (await client.get("/v1/keys", headers=key)).status_code == 200
    path = f"/v1/keys/{made['id']}"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get("/v1/keys", headers=key)).status_code == 401
    read = (await client.get(path)).json()
    assert read["revoked_at"] is not None
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).json() == read
    assert [key["id"] for key in (await client.get("/v1/keys")).json()["items"]] == [other["id"]]
    every = (await client.get("/v1/keys", params={"revoked": True})).json()["items"]
    assert read in every
    assert len(every) == 2
    assert code(await client.patch(path, json={"name": "b"})) == (409, "key_revoked")
    assert code(await client.post(f"{path}/rotate", json={})) == (409, "key_revoked")


async def test_a_rotation_with_overlap(client: httpx.AsyncClient, clock: FakeClock) -> None:
    made = await make(client, ADMIN)
    path = f"/v1/keys/{made['id']}/rotate"
    answer = await client.post(path, json={"overlap_seconds": 60}, headers=bearer(made["secret"]))
    assert answer.status_code == 200
    rotated = answer.json()
    assert {**rotated, "secret": None, "last_used_at": None} == {**made, "secret": None}
    for secret in (made["secret"], rotated["secret"]):
        assert (await client.get("/v1/keys", headers=bearer(secret))).status_code == 200
    clock.advance(60)
    assert (await client.get("/v1/keys", headers=bearer(made["secret"]))).status_code == 401
    last = (await client.post(path, json={})).json()
    assert (await client.get("/v1/keys", headers=bearer(rotated["secret"]))).status_code == 401
    assert (await client.get("/v1/keys", headers=bearer(last["secret"]))).status_code == 200
    for wrong in (-1, 604_801, 10**30):
        assert code(await client.post(path, json={"overlap_seconds": wrong})) == (400, "invalid_overlap")
    assert code(await client.post(path, json={"overlap_seconds": 1.5})) == (400, "invalid_input")


async def test_keys_are_listed_page_by_page(client: httpx.AsyncClient) -> None:
    made = [await make(client, READ) for _ in range(5)]
    ids = sorted((key["id"] for key in made), reverse=True)
    listed: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/keys", params={"limit": 2, **cursor})).json()
        listed += [key["id"] for key in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert listed == ids
    assert code(await client.get("/v1/keys", params={"cursor": "nonsense"})) == (400, "invalid_cursor")


async def test_the_last_use_is_seen_soon(client: httpx.AsyncClient, catalog: FakeCatalog, clock: FakeClock) -> None:
    made = await make(client, ADMIN)
    await client.get("/v1/keys", headers=bearer(made["secret"]))
    await catalog.key_records.record_uses(dict.fromkeys(catalog.database.api_keys, 0.0))
    read = (await client.get(f"/v1/keys/{made['id']}")).json()
    assert datetime.fromisoformat(read["last_used_at"]) == clock.now()


async def test_while_the_catalog_is_down_a_key_is_neither_right_nor_wrong(
    client: httpx.AsyncClient, database: FakeDatabase
) -> None:
    database.fail_with = CATALOG_DOWN
    answer = await client.get("/v1/files", headers=bearer(new_secret(new_access_key_id())))
    assert code(answer) == (503, "catalog_unavailable")


async def test_no_secret_is_logged(client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    made = await make(client, ADMIN)
    rotated = (await client.post(f"/v1/keys/{made['id']}/rotate", json={}, headers=bearer(made["secret"]))).json()
    forged = new_secret(new_access_key_id())
    await client.get("/v1/keys", headers=bearer(forged))
    printed = "".join(capsys.readouterr())
    assert "/v1/keys" in printed
    for secret in (made["secret"], rotated["secret"], forged):
        assert secret[16:] not in printed
