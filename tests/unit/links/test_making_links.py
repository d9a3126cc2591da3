"""Share links over HTTP: made, listed, found and revoked."""

import re

import httpx
import pytest

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.access.scopes import Permissions, Scope
from domain.files.errors import NoSuchFileError
from domain.links.errors import LinkLifeError, NoSuchLinkError
from domain.links.find_link import FindLink
from domain.links.list_share_links import ListShareLinks
from domain.links.model import NewShare
from domain.links.share_file import ShareFile
from tests.contracts.setup import FUTURE, stored
from tests.fakes.access.passwords import FakePasswords
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.unit.links.link_requests import put, shared


def key(*scopes: Scope, id: str = "k1", kind: str = "key") -> Caller:
    return Caller(kind=kind, id=id, permissions=Permissions(scopes))  # type: ignore[arg-type] # one of the kinds


READER = Scope(actions=("read",), bucket="default", prefix="a/")
ADMIN = Scope(actions=("admin",), bucket="default")


async def test_a_link_is_told_with_its_token_once(client: httpx.AsyncClient) -> None:
    file = await put(client)
    answer = await client.post(f"/v1/files/{file['id']}/links", json={"password": "secret", "max_downloads": 3})
    link = answer.json()
    assert re.fullmatch("[0-9A-Za-z_-]{43}", link["token"])
    assert link["url"].endswith(f"/s/{link['token']}")
    assert answer.headers["location"] == f"/v1/links/{link['id']}"
    assert answer.headers["cache-control"] == "no-store"
    found = (await client.get(f"/v1/links/{link['id']}")).json()
    assert found == {name: value for name, value in link.items() if name not in {"url", "token"}}
    assert found == {
        "id": link["id"],
        "kind": "share",
        "file_id": file["id"],
        "has_password": True,
        "max_downloads": 3,
        "filename": None,
        "bucket": None,
        "name": None,
        "prefix": None,
        "max_file_size": None,
        "allowed_types": None,
        "max_files": None,
        "used": 0,
        "created_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-08T00:00:00Z",
        "revoked_at": None,
    }
    listed = await client.get(f"/v1/files/{file['id']}/links")
    assert listed.json() == {"items": [found], "limit": 20, "next": None}
    assert link["token"] not in listed.text


async def test_the_catalog_keeps_no_token_and_no_password(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    link = await shared(client, await put(client), max_downloads=1)
    assert link["token"] not in repr(database.links)


async def test_a_link_may_never_end(client: httpx.AsyncClient) -> None:
    file = await put(client)
    assert (await shared(client, file, expires_at=None))["expires_at"] is None
    assert (await shared(client, file, expires_at="2030-01-01T02:00:00+02:00"))["expires_at"] == "2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid_expiry"),
        ({"expires_at": "2030-01-01T00:00:00"}, "invalid_time"),
        ({"max_downloads": 0}, "invalid_link"),
        ({"max_downloads": 10**9 + 1}, "invalid_link"),
        ({"max_downloads": 1.5}, "invalid_input"),
        ({"password": ""}, "invalid_link"),
        ({"password": "é" * 129}, "invalid_link"),
        ({"filename": ""}, "invalid_name"),
        ({"filename": "a/b"}, "invalid_link"),
        ({"filename": "a\nb"}, "invalid_name"),
        ({"name": "a"}, "invalid_input"),
    ],
)
async def test_a_link_that_cannot_be_is_refused(
    client: httpx.AsyncClient, database: FakeDatabase, fields: dict[str, object], code: str
) -> None:
    file = await put(client)
    answer = await client.post(f"/v1/files/{file['id']}/links", json=fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert database.links == {}


async def test_a_file_that_is_missing_has_no_links(client: httpx.AsyncClient) -> None:
    missing = "/v1/files/01a1fbb5-4e86-72b2-97d2-883554c0939d/links"
    for answer in (await client.post(missing, json={}), await client.get(missing)):
        assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


async def test_links_come_page_by_page(client: httpx.AsyncClient) -> None:
    file = await put(client)
    made = sorted([(await shared(client, file))["id"] for _ in range(5)], reverse=True)
    found, cursor = [], None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await client.get(f"/v1/files/{file['id']}/links", params=query)).json()
        found += [each["id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == made
    wrong = await client.get(f"/v1/files/{file['id']}/links", params={"cursor": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_cursor")


async def test_a_revoked_link_is_found_and_not_listed(client: httpx.AsyncClient) -> None:
    file = await put(client)
    link = await shared(client, file)
    for _ in range(2):
        assert (await client.delete(f"/v1/links/{link['id']}")).status_code == 204
    assert (await client.get(f"/v1/links/{link['id']}")).json()["revoked_at"] == "2026-01-01T00:00:00Z"
    assert (await client.get(f"/v1/files/{file['id']}/links")).json()["items"] == []


async def test_an_unknown_link_is_not_found(client: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        answer = await client.request(method, "/v1/links/01a1fbb5-4e86-72b2-97d2-883554c0939d")
        assert (answer.status_code, answer.json()["code"]) == (404, "link_not_found")


async def test_a_link_of_a_deleted_file_can_still_be_found(client: httpx.AsyncClient) -> None:
    file = await put(client)
    link = await shared(client, file)
    await client.delete(f"/v1/files/{file['id']}")
    assert (await client.get(f"/v1/links/{link['id']}")).status_code == 200


async def test_a_catalog_that_is_down_makes_no_links(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    file = await put(client)
    database.fail_with = CATALOG_DOWN
    answer = await client.post(f"/v1/files/{file['id']}/links", json={})
    assert (answer.status_code, answer.json()["code"]) == (503, "catalog_unavailable")


async def test_making_a_link_takes_the_right_to_read(catalog: FakeCatalog) -> None:
    share = ShareFile(catalog.files, catalog.links, FakePasswords())
    file, other = await stored(catalog, name="a/x"), await stored(catalog, name="b/x")
    made = await share(key(READER), file.id, NewShare())
    assert (made.link.maker.kind, made.link.maker.id) == ("key", "k1")
    with pytest.raises(NoSuchFileError):
        await share(key(READER), other.id, NewShare())
    lister = Scope(actions=("list",), bucket="default")
    with pytest.raises(AccessDeniedError):
        await share(key(lister), file.id, NewShare())
    with pytest.raises(AccessDeniedError):
        await share(key(READER, kind="link"), file.id, NewShare())


async def test_only_an_admin_makes_a_link_that_never_ends(catalog: FakeCatalog) -> None:
    share = ShareFile(catalog.files, catalog.links, FakePasswords())
    file = await stored(catalog, name="a/x")
    with pytest.raises(LinkLifeError):
        await share(key(READER), file.id, NewShare(expires_at=None))
    assert (await share(key(ADMIN), file.id, NewShare(expires_at=None))).link.expires_at is None
    with pytest.raises(LinkLifeError):
        await share(key(ADMIN, kind="token"), file.id, NewShare(expires_at=FUTURE))


async def test_a_caller_sees_its_own_links_and_an_admin_those_of_its_scope(catalog: FakeCatalog) -> None:
    share = ShareFile(catalog.files, catalog.links, FakePasswords())
    list_page, find = ListShareLinks(catalog.files, catalog.links), FindLink(catalog.links, catalog.files)
    file = await stored(catalog, name="a/x")
    mine = (await share(key(READER), file.id, NewShare())).link
    theirs = (await share(key(READER, id="k2"), file.id, NewShare())).link
    elsewhere = Scope(actions=("admin",), bucket="default", prefix="b/")

    async def listed(caller: Caller) -> set[object]:
        return {link.id for link in (await list_page(caller, file.id, after=None, limit=10)).items}

    assert await listed(key(READER)) == {mine.id}
    assert await listed(key(ADMIN, id="k3")) == {mine.id, theirs.id}
    with pytest.raises(NoSuchFileError):
        await listed(key(elsewhere, id="k3"))
    assert await find(key(READER), mine.id) == mine
    assert await find(key(ADMIN, id="k3"), mine.id) == mine
    for caller in (key(READER, id="k2"), key(READER, kind="token"), key(elsewhere, id="k3")):
        with pytest.raises(NoSuchLinkError):
            await find(caller, mine.id)
