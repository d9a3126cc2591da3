"""Conditional requests over HTTP (RFC 9110, section 13)."""

import httpx
import pytest

from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.support.fake_service import Service

FILE = "/v1/buckets/default/files/a"
DATE, EARLIER = "Thu, 01 Jan 2026 00:00:00 GMT", "Wed, 31 Dec 2025 23:59:59 GMT"
LATER = "Thu, 01 Jan 2026 00:00:01 GMT"
CONTENT, RECORD, TEXT = "/content", "", "/text"


@pytest.fixture
async def file(client: httpx.AsyncClient, service: Service) -> str:
    """The path of a file's record, stored a fraction of a second after `DATE`."""
    service.clock.advance(0.25)
    return f"/v1/files/{(await client.put(FILE, content=b'text')).json()['id']}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("view", [CONTENT, RECORD, TEXT])
async def test_a_state_that_the_reader_has_is_not_sent_again(
    client: httpx.AsyncClient, file: str, view: str, method: str
) -> None:
    """Sections 13.1.2, 13.1.3 and 15.4.5."""
    sent = await client.request(method, file + view)
    etag = sent.headers["etag"]
    for headers in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"x", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": sent.headers["last-modified"]},
        {"If-Modified-Since": "Friday, 02-Jan-26 00:00:00 GMT"},
        {"If-None-Match": etag, "If-Modified-Since": EARLIER},
    ):
        answer = await client.request(method, file + view, headers=headers)
        assert (answer.status_code, answer.content) == (304, b""), headers
        assert set(answer.headers) == {"etag", "cache-control", "date", "x-request-id"}
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == sent.headers["cache-control"]


@pytest.mark.parametrize("view", [CONTENT, RECORD, TEXT])
async def test_a_state_that_the_reader_lacks_is_sent(client: httpx.AsyncClient, file: str, view: str) -> None:
    etag = (await client.get(file)).headers["etag"]
    for headers in (
        {"If-None-Match": '"x"'},
        {"If-None-Match": '"x"', "If-Modified-Since": DATE},
        {"If-Modified-Since": EARLIER},
        {"If-Modified-Since": "0"},
        {"If-Match": etag},
        {"If-Match": "*"},
        {"If-Match": etag, "If-Unmodified-Since": EARLIER},
        {"If-Unmodified-Since": DATE},
        {"If-Unmodified-Since": "yesterday"},
    ):
        assert (await client.get(file + view, headers=headers)).status_code == 200, headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("view", [CONTENT, RECORD, TEXT])
async def test_a_reader_that_asks_for_another_state_is_refused(
    client: httpx.AsyncClient, file: str, view: str, method: str
) -> None:
    """Sections 13.1.1 and 13.1.4, which come before all others."""
    etag = (await client.get(file)).headers["etag"]
    for headers in (
        {"If-Match": '"x"'},
        {"If-Match": f"W/{etag}"},
        {"If-Match": '"x"', "If-None-Match": etag},
        {"If-Unmodified-Since": EARLIER},
        {"If-Unmodified-Since": EARLIER, "If-None-Match": etag},
    ):
        answer = await client.request(method, file + view, headers=headers)
        assert answer.status_code == 412, headers
    assert (await client.get(file + view, headers={"If-Match": '"x"'})).json()["code"] == "precondition_failed"


MALFORMED = ("x", '"x', "*, *", '"x" "y"', "", ",")


async def test_a_malformed_list_of_tags_is_refused(client: httpx.AsyncClient, file: str) -> None:
    for value in MALFORMED:
        for answer in (
            await client.get(file + CONTENT, headers={"If-Match": value}),
            await client.put(FILE, content=b"x", headers={"If-None-Match": value}),
            await client.delete(file, headers={"If-Match": value}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_condition")
    assert (await client.get(file + CONTENT)).content == b"text"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("view", [CONTENT, RECORD, TEXT])
async def test_tags_that_a_reader_sends_without_quotes_match_nothing(
    client: httpx.AsyncClient, file: str, view: str, method: str
) -> None:
    sent = await client.request(method, file + view)
    etag = sent.headers["etag"]
    for value in (*MALFORMED, etag.strip('"'), f"{etag}, {etag[:-1]}"):
        headers = {"If-None-Match": value, "If-Modified-Since": sent.headers["last-modified"]}
        answer = await client.request(method, file + view, headers=headers)
        assert (answer.status_code, answer.content) == (200, sent.content), value


async def test_conditions_do_not_count_where_there_is_nothing(client: httpx.AsyncClient, file: str) -> None:
    """Section 13.2.1."""
    await client.put(FILE, content=b"\xff")
    for headers in ({"If-None-Match": "*"}, {"If-Modified-Since": DATE}):
        assert (await client.get(file + TEXT, headers=headers)).status_code == 415
        assert (await client.get(f"{FILE}-missing", headers=headers)).status_code == 404
    assert (await client.get(f"{FILE}-missing", headers={"If-Match": "*"})).status_code == 404


async def test_an_answer_without_bytes_needs_no_store(
    client: httpx.AsyncClient, blobs: FakeBlobStore, file: str
) -> None:
    etag = (await client.get(file)).headers["etag"]
    blobs.fail_with = BLOB_STORE_DOWN
    assert (await client.get(file + CONTENT, headers={"If-None-Match": etag})).status_code == 304
    assert (await client.get(file + CONTENT, headers={"Range": "bytes=9-"})).status_code == 416
    assert (await client.head(file + CONTENT)).status_code == 200


async def test_a_file_is_changed_only_if_it_has_not_changed_since(client: httpx.AsyncClient, file: str) -> None:
    """Section 13.1.4."""
    stale, current = {"If-Unmodified-Since": EARLIER}, {"If-Unmodified-Since": DATE}
    for answer in (
        await client.put(FILE, content=b"x", headers=stale),
        await client.patch(file, json={"name": "b"}, headers=stale),
        await client.post(f"{file}/copy", json={"name": "b"}, headers=stale),
        await client.delete(file, headers=stale),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert (await client.get(file + CONTENT)).content == b"text"
    assert (await client.put(f"{FILE}-new", content=b"x", headers=stale)).status_code == 201
    assert (await client.put(FILE, content=b"x", headers=current)).status_code == 200
    assert (await client.delete(file, headers=current)).status_code == 412  # it changed again in that second
    assert (await client.delete(file, headers={"If-Unmodified-Since": LATER})).status_code == 204


@pytest.mark.parametrize("view", [CONTENT, RECORD, TEXT])
async def test_a_file_that_changed_again_in_the_same_second_is_sent(
    client: httpx.AsyncClient, file: str, view: str
) -> None:
    """Section 8.8.2.2: its first date is weak, that of a later state belongs to this state alone."""
    first = (await client.get(file + view)).headers["last-modified"]
    await client.put(FILE, content=b"other")
    answer = await client.get(file + view, headers={"If-Modified-Since": first})
    assert answer.status_code == 200
    second = answer.headers["last-modified"]
    assert (first, second) == (DATE, LATER)
    assert (await client.get(file + view, headers={"If-Modified-Since": second})).status_code == 304


async def test_changes_know_no_if_modified_since(client: httpx.AsyncClient, file: str) -> None:
    """Section 13.1.3."""
    assert (await client.put(FILE, content=b"x", headers={"If-Modified-Since": DATE})).status_code == 200
