"""Upload links at work: resumable uploads, as clients of tus send them."""

from collections.abc import AsyncIterator

import httpx

from tests.fakes.database import FakeDatabase
from tests.support.tus import BYTES, TUS, encoded
from tests.unit.links.link_requests import FILES, Json, inbox, put, shared, stored_names, url


async def begun(client: httpx.AsyncClient, link: Json, *, length: int = 10, **metadata: str) -> str:
    """Begin an upload, and return its path."""
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": encoded(**metadata)}
    answer = await client.post(f"{url(link)}/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    path = httpx.URL(answer.headers["location"]).path
    assert path.startswith(f"{url(link)}/uploads/")
    return path


async def test_an_upload_goes_on_and_becomes_a_file(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: FakeDatabase
) -> None:
    await put(client, "in/photo.jpg", b"old")
    link = await inbox(client, prefix="in/")
    upload = await begun(stranger, link, filename="photo.jpg", bucket="other", tags="secret", note="x")
    part = await stranger.patch(upload, content=b"01234", headers={**BYTES, "Upload-Offset": "0"})
    assert (part.status_code, part.headers["upload-offset"]) == (204, "5")
    found = await stranger.head(upload, headers=TUS)
    assert (found.headers["upload-offset"], found.headers["upload-length"]) == ("5", "10")
    assert found.headers["referrer-policy"] == "no-referrer"
    last = await stranger.patch(upload, content=b"56789", headers={**BYTES, "Upload-Offset": "5"})
    assert (last.status_code, last.headers["fileport-file-name"]) == (204, "photo%20%282%29.jpg")
    assert "fileport-file-id" not in last.headers
    assert (await stranger.head(upload, headers=TUS)).headers["fileport-file-name"] == "photo%20%282%29.jpg"
    assert await stored_names(client) == ["in/photo (2).jpg", "in/photo.jpg"]
    [file] = (await client.get("/v1/files", params={"bucket": "default", "name": "in/photo (2).jpg"})).json()["items"]
    assert (file["content_type"], file["tags"], file["metadata"]) == ("image/jpeg", [], {})
    assert (await client.get(f"{FILES}/in/photo%20(2).jpg")).content == b"0123456789"
    assert (await client.get(f"/v1/links/{link['id']}")).json()["used"] == 1
    recorded = [(entry.action, entry.caller) for entry in database.audit if entry.caller != "root"]
    owner = f"link:{link['id']}"
    assert recorded == [("link.use", owner), ("upload.begin", owner), ("file.create", owner)]


async def test_an_upload_may_bring_all_its_bytes_at_once(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await inbox(client, name="docs/report.pdf")
    headers = {**BYTES, "Upload-Length": "3", "Upload-Metadata": encoded(filename="mine.pdf")}
    answer = await stranger.post(f"{url(link)}/uploads", content=b"pdf", headers=headers)
    assert (answer.status_code, answer.headers["fileport-file-name"]) == (201, "docs/report.pdf")
    taken = await stranger.post(f"{url(link)}/uploads", content=b"pdf", headers=headers)
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert await stored_names(client) == ["docs/report.pdf"]


async def test_a_name_that_is_taken_meanwhile_is_taken_at_the_end(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await inbox(client, name="a")
    upload = await begun(stranger, link, filename="x")
    await put(client, "a", b"old")
    answer = await stranger.patch(upload, content=b"0123456789", headers={**BYTES, "Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    assert (await client.get(f"{FILES}/a")).content == b"old"


async def test_uploads_of_others_are_missing(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link, other = await inbox(client, prefix=""), await inbox(client, prefix="")
    of_key = await client.post("/v1/uploads", headers={**TUS, "Upload-Length": "10"})
    theirs = [await begun(stranger, other, filename="a"), httpx.URL(of_key.headers["location"]).path]
    missing = "019a6b1d-0f3a-7a52-b7c1-5e2f9d3a4b60"
    seen = []
    for id_ in (*(path.rpartition("/")[2] for path in theirs), missing):
        path = f"{url(link)}/uploads/{id_}"
        assert (await stranger.head(path, headers=TUS)).status_code == 404
        answers = [
            await stranger.patch(path, content=b"x", headers={**BYTES, "Upload-Offset": "0"}),
            await stranger.delete(path, headers=TUS),
        ]
        seen.append([(answer.status_code, answer.text) for answer in answers])
    assert seen[0] == seen[1] == seen[2]
    assert "upload_not_found" in seen[0][0][1]
    assert (await client.head(theirs[1], headers=TUS)).status_code == 200


async def test_an_upload_is_ended_by_its_link_alone(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="")
    upload = await begun(stranger, link, filename="a")
    assert (await stranger.delete(upload, headers=TUS)).status_code == 204
    assert (await stranger.head(upload, headers=TUS)).status_code == 404
    whole = await begun(stranger, link, length=0, filename="b")
    assert (await stranger.delete(whole, headers=TUS)).status_code == 204
    assert await stored_names(client) == ["b"]  # a file that it became stays
    by_post = await begun(stranger, link, filename="c")
    overridden = await stranger.post(by_post, headers={**TUS, "X-HTTP-Method-Override": "DELETE"})
    assert overridden.status_code == 204
    assert (await stranger.head(by_post, headers=TUS)).status_code == 404


async def test_uploads_that_are_begun_count_and_go_on(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="", max_files=1, max_file_size=10, allowed_types=["text/*"])
    headers = {**TUS, "Upload-Length": "11", "Upload-Metadata": encoded(filename="a.txt")}
    for _ in range(2):
        refused = await stranger.post(f"{url(link)}/uploads", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
        assert "1" not in refused.json()["detail"]
    typed = {**TUS, "Upload-Length": "1", "Upload-Metadata": encoded(filename="a.png")}
    assert (await stranger.post(f"{url(link)}/uploads", headers=typed)).status_code == 415
    upload = await begun(stranger, link, filename="a.txt")
    used_up = await stranger.post(f"{url(link)}/uploads", headers={**headers, "Upload-Length": "1"})
    assert (used_up.status_code, used_up.json()["code"]) == (410, "link_ended")
    done = await stranger.patch(upload, content=b"0123456789", headers={**BYTES, "Upload-Offset": "0"})
    assert done.status_code == 204


async def test_the_terms_hold_for_lengths_and_types_that_come_later(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: FakeDatabase
) -> None:
    link = await inbox(client, prefix="", max_file_size=10, allowed_types=["image/*"])
    deferred = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": encoded(filename="a.png")}
    long = httpx.URL((await stranger.post(f"{url(link)}/uploads", headers=deferred)).headers["location"]).path
    told = {**BYTES, "Upload-Offset": "0", "Upload-Length": "11"}
    assert (await stranger.patch(long, content=b"x", headers=told)).status_code == 413
    sent = await stranger.patch(long, content=b"x" * 11, headers={**BYTES, "Upload-Offset": "0"})
    assert sent.status_code == 413
    unknown = await begun(stranger, link, length=4, filename="noname")
    answer = await stranger.patch(unknown, content=b"\x7fELF", headers={**BYTES, "Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["code"]) == (415, "type_not_allowed")
    assert database.files == {}


async def test_a_revoked_link_ends_its_uploads(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: FakeDatabase
) -> None:
    link = await inbox(client, prefix="")
    upload = await begun(stranger, link, filename="a")
    await client.delete(f"/v1/links/{link['id']}")
    for answer in (
        await stranger.patch(upload, content=b"0123456789", headers={**BYTES, "Upload-Offset": "0"}),
        await stranger.delete(upload, headers=TUS),
        await stranger.post(f"{url(link)}/uploads", headers={**TUS, "Upload-Length": "1"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (410, "link_ended")
    assert (await stranger.head(upload, headers=TUS)).status_code == 410
    assert database.files == {}


async def test_a_link_that_is_revoked_amid_the_last_bytes_makes_no_file(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, database: FakeDatabase
) -> None:
    link = await inbox(client, prefix="")
    upload = await begun(stranger, link, filename="a")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"01234"
        await client.delete(f"/v1/links/{link['id']}")
        yield b"56789"

    answer = await stranger.patch(upload, content=chunks(), headers={**BYTES, "Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["code"]) == (410, "link_ended")
    assert database.files == {}


async def test_a_link_takes_whole_uploads(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await inbox(client, prefix="")
    answer = await stranger.post(
        f"{url(link)}/uploads", headers={**TUS, "Upload-Length": "1", "Upload-Concat": "partial"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_upload")
    able = await stranger.options(f"{url(link)}/uploads")
    assert "concatenation" not in able.headers["tus-extension"]
    assert "concatenation" in (await stranger.options("/v1/uploads")).headers["tus-extension"]
    old = await stranger.post(f"{url(link)}/uploads", headers={"Upload-Length": "1"})
    assert (old.status_code, old.json()["code"]) == (412, "unsupported_tus_version")


async def test_a_share_link_takes_no_uploads(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, await put(client))
    answer = await stranger.post(f"{url(link)}/uploads", headers={**TUS, "Upload-Length": "1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_link")
