"""Upload links over HTTP: made, listed and revoked."""

import httpx
import pytest

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.access.scopes import Action, Permissions, Scope
from domain.buckets.errors import NoSuchBucketError
from domain.buckets.model import Policy
from domain.links.errors import LinkLifeError
from domain.links.find_link import FindLink
from domain.links.model import NewUploadLink
from domain.links.uploading.list_upload_links import ListUploadLinks
from domain.links.uploading.make_upload_link import MakeUploadLink
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import FakeDatabase
from tests.unit.links.link_requests import inbox

LINKS = "/v1/buckets/default/upload-links"


def key(*actions: Action, prefix: str | None = None, bucket: str = "default", id: str = "k1") -> Caller:
    scope = Scope(actions=actions, bucket=bucket, prefix=prefix)
    return Caller(kind="key", id=id, permissions=Permissions((scope,)))


async def test_an_upload_link_is_told_with_its_token_once(client: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="in", max_file_size=5, allowed_types=["image/*"], max_files=2)
    assert (link["kind"], link["bucket"], link["prefix"], link["name"]) == ("upload", "default", "in/", None)
    assert (link["max_file_size"], link["allowed_types"], link["max_files"], link["used"]) == (5, ["image/*"], 2, 0)
    found = (await client.get(f"/v1/links/{link['id']}")).json()
    assert found == {name: value for name, value in link.items() if name not in {"url", "token"}}
    assert (await client.get(LINKS)).json() == {"items": [found], "limit": 20, "next": None}
    assert (await client.delete(f"/v1/links/{link['id']}")).status_code == 204
    assert (await client.get(LINKS)).json()["items"] == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalid_link"),
        ({"name": "a", "prefix": "b/"}, "invalid_link"),
        ({"name": ""}, "invalid_name"),
        ({"name": "a/../b"}, "invalid_name"),
        ({"prefix": "/"}, "invalid_name"),
        ({"prefix": "../"}, "invalid_name"),
        ({"prefix": "a//"}, "invalid_name"),
        ({"prefix": "", "max_file_size": -1}, "invalid_link"),
        ({"prefix": "", "allowed_types": ["image"]}, "invalid_link"),
        ({"prefix": "", "max_files": 0}, "invalid_link"),
        ({"prefix": "", "password": "x"}, "invalid_input"),
    ],
)
async def test_an_upload_link_that_cannot_be_is_refused(
    client: httpx.AsyncClient, database: FakeDatabase, fields: dict[str, object], code: str
) -> None:
    answer = await client.post(LINKS, json=fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert database.links == {}


async def test_a_bucket_that_is_missing_has_no_upload_links(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.post("/v1/buckets/nowhere/upload-links", json={"prefix": ""}),
        await client.get("/v1/buckets/nowhere/upload-links"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "bucket_not_found")


async def test_making_an_upload_link_takes_the_right_to_write_all_that_it_may_store(catalog: FakeCatalog) -> None:
    make = MakeUploadLink(catalog.links)
    writer = key("write", prefix="a/")
    for allowed in (NewUploadLink(prefix="a"), NewUploadLink(prefix="a/b/"), NewUploadLink(name="a/x")):
        assert (await make(writer, "default", allowed)).link.maker.id == "k1"
    for wider in (
        NewUploadLink(prefix=""),
        NewUploadLink(prefix="ab"),
        NewUploadLink(name="x"),
        NewUploadLink(name="a"),
    ):
        with pytest.raises(AccessDeniedError):
            await make(writer, "default", wider)
    with pytest.raises(AccessDeniedError):
        await make(key("read", "list", "delete"), "default", NewUploadLink(prefix=""))
    with pytest.raises(NoSuchBucketError):
        await make(key("write", bucket="other"), "default", NewUploadLink(prefix=""))
    with pytest.raises(LinkLifeError):
        await make(writer, "default", NewUploadLink(prefix="a/", expires_at=None))
    assert (await make(key("admin"), "default", NewUploadLink(prefix="", expires_at=None))).link.expires_at is None


async def test_upload_links_are_seen_by_their_maker_and_by_an_admin(catalog: FakeCatalog) -> None:
    await catalog.buckets.put_bucket("other", Policy())
    make, list_page = MakeUploadLink(catalog.links), ListUploadLinks(catalog.buckets, catalog.links)
    mine = (await make(key("write", prefix="a/"), "default", NewUploadLink(prefix="a/"))).link
    theirs = (await make(key("write", id="k2"), "default", NewUploadLink(name="b"))).link

    async def listed(caller: Caller) -> set[object]:
        return {link.id for link in (await list_page(caller, "default", after=None, limit=10)).items}

    assert await listed(key("write", prefix="a/")) == {mine.id}
    assert await listed(key("admin", id="k3")) == {mine.id, theirs.id}
    assert await listed(key("admin", prefix="a/", id="k3")) == set()
    with pytest.raises(NoSuchBucketError):
        await listed(key("admin", bucket="other"))
    find = FindLink(catalog.links, catalog.files)
    assert await find(key("admin", prefix="a/", id="k3"), mine.id) == mine
    assert await find(key("admin", prefix="b", id="k3"), theirs.id) == theirs
