"""Upload links at work: files by PUT and by forms."""

import hashlib
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.database import FakeDatabase
from tests.unit.links.link_requests import FILES, inbox, put, shared, stored_names, url


async def test_a_file_is_stored_below_the_prefix(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="in")
    answer = await stranger.put(f"{url(link)}/trip/photo%20%C3%A9.jpg", content=b"jpeg")
    assert answer.status_code == 201
    assert answer.json() == {
        "name": "trip/photo é.jpg",
        "content_type": "image/jpeg",
        "size": 4,
        "sha256": hashlib.sha256(b"jpeg").hexdigest(),
    }
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "location" not in answer.headers
    assert await stored_names(client) == ["in/trip/photo é.jpg"]
    assert (await client.get(f"{FILES}/in/trip/photo%20%C3%A9.jpg")).content == b"jpeg"
    assert (await client.get(f"/v1/links/{link['id']}")).json()["used"] == 1


async def test_a_taken_name_gets_a_number(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    await put(client, "in/photo.jpg", b"old")
    link = await inbox(client, prefix="in/")
    names = [(await stranger.put(f"{url(link)}/photo.jpg", content=b"new")).json()["name"] for _ in range(3)]
    assert names == ["photo (2).jpg", "photo (3).jpg", "photo (4).jpg"]
    assert (await client.get(f"{FILES}/in/photo.jpg")).content == b"old"
    for _ in range(10):
        assert (await stranger.post(f"{url(link)}/photo.jpg", content=b"new")).status_code == 201
    assert len(await stored_names(client)) == 14


async def test_files_of_one_name_that_come_at_once_are_all_stored(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await inbox(client, prefix="")
    names: list[str] = []

    async def send() -> None:
        answer = await stranger.put(f"{url(link)}/a", content=b"x" * 100_000)
        assert answer.status_code == 201, answer.text
        names.append(answer.json()["name"])

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(send)
    assert sorted(names) == await stored_names(client)
    assert len(set(names)) == 8


async def test_a_link_with_a_name_takes_one_file_and_overwrites_none(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await inbox(client, name="docs/report.pdf")
    wrong = await stranger.put(f"{url(link)}/other.pdf", content=b"pdf")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_input")
    stored = await stranger.put(url(link), content=b"pdf")
    assert (stored.status_code, stored.json()["name"]) == (201, "docs/report.pdf")
    assert stored.json()["content_type"] == "application/pdf"
    taken = await stranger.put(url(link), content=b"other")
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert (await client.get(f"{FILES}/docs/report.pdf")).content == b"pdf"


async def test_a_file_without_a_name_gets_one(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="in/")
    name = (await stranger.put(url(link), content=b"x")).json()["name"]
    assert await stored_names(client) == [f"in/{name}"]


async def test_a_form_is_stored(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link, one = await inbox(client, prefix="in/"), await inbox(client, name="one.txt")
    by_file = await stranger.post(url(link), files={"file": ("photo.jpg", b"jpeg", "image/jpeg")})
    assert (by_file.status_code, by_file.json()["name"]) == (201, "photo.jpg")
    named = await stranger.post(url(link), data={"name": "a/b.jpg"}, files={"file": ("photo.jpg", b"jpeg")})
    assert named.json()["name"] == "a/b.jpg"
    assert (await stranger.post(url(one), files={"file": ("mine.txt", b"x")})).json()["name"] == "one.txt"
    described = await stranger.post(
        url(link), data={"name": "c", "tags": "secret", "metadata": "{}"}, files={"file": ("c", b"x")}
    )
    assert described.status_code == 201
    listed = (await client.get("/v1/files", params={"bucket": "default", "name": "in/c"})).json()["items"]
    assert [(file["tags"], file["metadata"]) for file in listed] == [([], {})]
    malformed = await stranger.post(
        url(link), content=b"x", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert (malformed.status_code, malformed.json()["code"]) == (400, "invalid_form")


@pytest.mark.parametrize("name", ["..%2Fx", "%2E%2E/x", "a/%2E%2E/x", "a//x", "%2Fx", "x/", "a%00", "%FF", "%2E"])
async def test_a_name_does_not_escape_from_the_prefix(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, name: str
) -> None:
    link = await inbox(client, prefix="in/")
    answer = await stranger.request("PUT", httpx.URL(f"http://fileport.test{url(link)}/{name}"), content=b"x")
    if answer.status_code == 201:
        assert all(each.startswith("in/") for each in await stored_names(client))
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_name")
        assert await stored_names(client) == []


async def test_the_link_bounds_sizes_and_types(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: FakeDatabase
) -> None:
    link = await inbox(client, prefix="", max_file_size=10, allowed_types=["image/*"])

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"12345"

    for answer in (
        await stranger.put(f"{url(link)}/a.png", content=b"x" * 11),
        await stranger.put(f"{url(link)}/a.png", content=chunks()),
    ):
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
        assert "10" not in answer.json()["detail"]
    for name, content in (("a.txt", b"x"), ("a", b"\x7fELF"), ("b", b"")):
        answer = await stranger.put(f"{url(link)}/{name}", content=content)
        assert (answer.status_code, answer.json()["code"]) == (415, "type_not_allowed"), name
    assert database.files == {}
    assert (await stranger.put(f"{url(link)}/a.png", content=b"x" * 10)).status_code == 201


async def test_limits_of_the_bucket_are_told_without_figures(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await client.put("/v1/buckets/tight", json={"quota_bytes": 12_345, "max_file_size": 7_777})
    await client.put("/v1/buckets/tight/files/x", content=b"x" * 7_000)
    link = await inbox(client, "tight", prefix="")
    large = await stranger.put(f"{url(link)}/a", content=b"x" * 7_778)
    assert large.status_code == 413
    full = await stranger.put(f"{url(link)}/a", content=b"x" * 7_000)
    assert full.json()["code"] == "quota_exceeded"
    for answer in (large, full):
        assert not any(each.isdigit() for each in answer.json()["detail"])
        assert answer.json().keys() == {"type", "title", "status", "detail", "code"}


async def test_uploads_that_are_begun_count(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="", max_files=2, max_file_size=10)
    for _ in range(3):
        assert (await stranger.put(f"{url(link)}/a", content=b"x" * 11)).status_code == 413  # it never began
    assert [(await stranger.put(f"{url(link)}/a", content=b"x")).status_code for _ in range(3)] == [201, 201, 410]
    assert len(await stored_names(client)) == 2


async def test_fifty_at_once_pass_no_limit(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="", max_files=3)
    statuses: list[int] = []

    async def send(number: int) -> None:
        statuses.append((await stranger.put(f"{url(link)}/{number}", content=b"x")).status_code)

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(send, number)
    assert sorted(statuses) == [201] * 3 + [410] * 47
    assert len(await stored_names(client)) == 3


async def test_an_upload_link_reads_and_deletes_nothing(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    await put(client, "in/a", b"secret")
    link = await inbox(client, prefix="in/")
    got = await stranger.get(url(link))
    assert (got.status_code, got.json()["code"]) == (403, "wrong_link")
    for method in ("GET", "HEAD", "DELETE", "PATCH"):
        assert (await stranger.request(method, f"{url(link)}/a")).status_code == 405
    for header in ({"If-Match": "*"}, {"If-None-Match": "*"}):
        # Conditions mean nothing here: they would tell whether there is a file.
        assert (await stranger.put(f"{url(link)}/a", content=b"x", headers=header)).status_code == 201
    overridden = await stranger.post(f"{url(link)}/a", content=b"", headers={"X-HTTP-Method-Override": "DELETE"})
    assert overridden.status_code == 201
    assert (await client.get(f"{FILES}/in/a")).content == b"secret"


async def test_a_share_link_takes_no_files(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, await put(client))
    for method, path in (("PUT", ""), ("POST", ""), ("PUT", "/a"), ("POST", "/a")):
        answer = await stranger.request(method, url(link) + path, content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_link")
    assert await stored_names(client) == ["a.txt"]


async def test_an_upload_link_ends(client: httpx.AsyncClient, stranger: httpx.AsyncClient, clock: FakeClock) -> None:
    await client.put("/v1/buckets/other", json={})
    expiring, revoked, orphan = (
        await inbox(client, prefix=""),
        await inbox(client, prefix=""),
        await inbox(client, "other", prefix="", expires_at=None),
    )
    await client.delete(f"/v1/links/{revoked['id']}")
    await client.delete("/v1/buckets/other")
    await client.put("/v1/buckets/other", json={})  # another bucket of that name
    clock.advance(7 * 86_400)
    for link, status in ((expiring, 410), (revoked, 410), (orphan, 404)):
        assert (await stranger.put(f"{url(link)}/a", content=b"x")).status_code == status
    assert (await stranger.put(f"/s/{'A' * 43}/a", content=b"x")).status_code == 404


async def test_a_link_that_is_revoked_while_its_body_comes_stores_nothing(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: FakeDatabase
) -> None:
    link = await inbox(client, prefix="")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * 100_000
        await client.delete(f"/v1/links/{link['id']}")
        yield b"x" * 100_000

    answer = await stranger.put(f"{url(link)}/a", content=chunks())
    assert (answer.status_code, answer.json()["code"]) == (410, "link_ended")
    assert database.files == {}


async def test_an_upload_is_in_the_audit_as_the_links(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: FakeDatabase
) -> None:
    link = await inbox(client, prefix="in/")
    await stranger.put(f"{url(link)}/a", content=b"x")
    assert [(entry.action, entry.caller, entry.address) for entry in database.audit[-2:]] == [
        ("link.use", f"link:{link['id']}", "127.0.0.1"),
        ("file.create", f"link:{link['id']}", "127.0.0.1"),
    ]
