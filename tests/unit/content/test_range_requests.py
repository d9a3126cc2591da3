"""Ranges over HTTP (RFC 9110, sections 14 and 15.3.7)."""

import re
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesParser

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.exceptions import LitestarException

from service.http.headers.dates import http_date
from tests.fakes.blobs.store import FakeBlobStore
from tests.support.clients import said_of_content

FILE = "/v1/buckets/default/files/a.txt"
BYTES = bytes(range(256)) * 1000
SIZE = len(BYTES)


@pytest.fixture
async def etag(client: httpx.AsyncClient) -> str:
    """The tag of a file at `FILE`."""
    stored = await client.put(FILE, content=BYTES, headers={"Content-Type": "text/plain; charset=x"})
    return str(stored.json()["etag"])


def parts_of(answer: httpx.Response) -> list[tuple[str, str, bytes]]:
    """Return the type, the range and the bytes of each part, as a parser of MIME sees them."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parsed = BytesParser().parsebytes(head + answer.content)
    assert parsed.is_multipart()
    assert not parsed.defects
    return [(part["Content-Type"], part["Content-Range"], payload_of(part)) for part in parsed.walk() if part != parsed]


def payload_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=1000-69999", 1000, 69_999),
        ("bytes=-7", SIZE - 7, SIZE - 1),
        (f"bytes={SIZE - 1}-{SIZE * 10}", SIZE - 1, SIZE - 1),
        ("bytes=5-9,10-20,7-8", 5, 20),
        (f"bytes=3-4,{SIZE}-", 3, 4),
    ],
)
async def test_a_part_is_206_with_its_range_and_all_headers_of_the_whole(
    client: httpx.AsyncClient, etag: str, asked: str, first: int, last: int
) -> None:
    """Section 15.3.7.1."""
    whole = await client.get(FILE)
    part = await client.get(FILE, headers={"Range": asked})
    assert part.status_code == 206
    assert part.content == BYTES[first : last + 1]
    assert part.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert part.headers["content-length"] == str(last - first + 1)
    own = {"content-length": whole.headers["content-length"], "content-range": part.headers["content-range"]}
    assert said_of_content(part) | own == said_of_content(whole) | own


async def test_parts_come_in_one_body_of_the_length_that_was_told(client: httpx.AsyncClient, etag: str) -> None:
    """Sections 14.6 and 15.3.7.2."""
    answer = await client.get(FILE, headers={"Range": "bytes=100000-170000, 0-9, -5, 500000-, 9-12"})
    assert answer.status_code == 206
    assert "content-range" not in answer.headers
    assert re.fullmatch(r"multipart/byteranges; boundary=[0-9a-f]{32}", answer.headers["content-type"])
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["etag"] == etag
    assert parts_of(answer) == [
        ("text/plain; charset=x", f"bytes 100000-170000/{SIZE}", BYTES[100_000:170_001]),
        ("text/plain; charset=x", f"bytes 0-12/{SIZE}", BYTES[:13]),
        ("text/plain; charset=x", f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}", BYTES[-5:]),
    ]


async def test_boundaries_are_made_anew(client: httpx.AsyncClient, etag: str) -> None:
    types = {(await client.get(FILE, headers={"Range": "bytes=0-1,5-6"})).headers["content-type"] for _ in range(3)}
    assert len(types) == 3


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE}-{SIZE + 5}, -0"])
async def test_ranges_behind_the_end_are_416_with_the_size(client: httpx.AsyncClient, etag: str, asked: str) -> None:
    """Section 15.5.17."""
    answer = await client.get(FILE, headers={"Range": asked})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    ["lines=1-2", "bytes=", "bytes=5-2", "bytes=x", "0-5", "bytes=" + ",".join(f"{i * 2}-{i * 2}" for i in range(65))],
)
async def test_a_malformed_or_excessive_range_gets_the_whole(client: httpx.AsyncClient, etag: str, asked: str) -> None:
    """Section 14.2."""
    answer = await client.get(FILE, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, BYTES)
    assert "content-range" not in answer.headers


async def test_an_empty_file_has_no_part_but_a_suffix_of_it_is_the_whole(client: httpx.AsyncClient) -> None:
    """Section 14.1.2."""
    await client.put(FILE, content=b"")
    assert (await client.get(FILE, headers={"Range": "bytes=-5"})).status_code == 200
    refused = await client.get(FILE, headers={"Range": "bytes=0-"})
    assert (refused.status_code, refused.headers["content-range"]) == (416, "bytes */0")


async def test_head_has_no_ranges(client: httpx.AsyncClient, etag: str) -> None:
    """Section 14.2: GET is the only method that has."""
    for asked in ("bytes=0-1", "bytes=0-1,5-6", f"bytes={SIZE}-"):
        answer = await client.head(FILE, headers={"Range": asked})
        assert (answer.status_code, answer.headers["content-length"]) == (200, str(SIZE))


async def test_text_has_no_ranges(client: httpx.AsyncClient) -> None:
    file = (await client.put(FILE, content=b"text")).json()
    answer = await client.get(f"/v1/files/{file['id']}/text", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content, answer.headers["accept-ranges"]) == (200, b"text", "none")


async def test_if_range_with_the_tag_of_the_file_gives_the_part(client: httpx.AsyncClient, etag: str) -> None:
    """Section 13.1.5."""
    answer = await client.get(FILE, headers={"Range": "bytes=2-3", "If-Range": etag})
    assert (answer.status_code, answer.content) == (206, BYTES[2:4])


@pytest.mark.parametrize(
    "validator", ['"another"', "W/{etag}", "{etag}, {etag}", "*", "x", "Thu, 01 Jan 2026 00:00:00"]
)
async def test_if_range_with_anything_else_gives_the_whole(
    client: httpx.AsyncClient, etag: str, validator: str
) -> None:
    """Section 13.1.5: even where no range could be satisfied."""
    for asked in ("bytes=2-3", f"bytes={SIZE}-"):
        answer = await client.get(FILE, headers={"Range": asked, "If-Range": validator.format(etag=etag)})
        assert (answer.status_code, answer.content) == (200, BYTES)


async def test_if_range_takes_a_date_that_is_strong(client: httpx.AsyncClient, etag: str) -> None:
    """Section 8.8.2.2: that of the first revision, since a later one may be of the same second."""
    headers = {"Range": "bytes=2-3", "If-Range": (await client.head(FILE)).headers["last-modified"]}
    assert (await client.get(FILE, headers=headers)).status_code == 206
    later = http_date(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1))
    assert (await client.get(FILE, headers={**headers, "If-Range": later})).status_code == 200
    await client.put(FILE, content=BYTES[::-1])
    assert (await client.get(FILE, headers=headers)).status_code == 200


async def test_a_range_is_looked_at_after_all_conditions(client: httpx.AsyncClient, etag: str) -> None:
    """Section 13.2.2."""
    behind = {"Range": f"bytes={SIZE}-"}
    assert (await client.get(FILE, headers={**behind, "If-None-Match": etag})).status_code == 304
    assert (await client.get(FILE, headers={**behind, "If-Match": '"another"'})).status_code == 412
    assert (await client.get(FILE, headers={**behind, "If-Match": etag})).status_code == 416


async def test_a_store_that_fails_in_a_part_never_ends_the_body_cleanly(
    client: httpx.AsyncClient, blobs: FakeBlobStore, etag: str
) -> None:
    blobs.fail_after_chunks = 1
    for asked in ("bytes=0-200000", "bytes=0-9,100-200000"):
        with pytest.raises(LitestarException, match="after response started"):  # so the server cuts the connection
            await client.get(FILE, headers={"Range": asked})


async def test_a_part_that_is_missing_is_a_clear_error_before_the_first_header(
    client: httpx.AsyncClient, blobs: FakeBlobStore, etag: str
) -> None:
    for key in blobs.stored:
        blobs.stored[key] = BYTES[:1000]
    for asked in ("bytes=999-1000", "bytes=999-1000,5000-5001"):
        answer = await client.get(FILE, headers={"Range": asked})
        assert (answer.status_code, answer.json()["code"]) == (500, "blob_missing")
    assert (await client.get(FILE, headers={"Range": "bytes=0-999"})).content == BYTES[:1000]
    with pytest.raises(LitestarException, match="after response started"):
        await client.get(FILE, headers={"Range": "bytes=0-9,1000-1001"})


@settings(max_examples=60)
@given(starts=st.lists(st.tuples(st.integers(0, SIZE + 100), st.integers(0, 100_000)), min_size=1, max_size=5))
async def test_bytes_put_together_from_parts_are_those_of_the_file(
    client: httpx.AsyncClient, etag: str, starts: list[tuple[int, int]]
) -> None:
    asked = [(start, start + more) for start, more in starts]
    answer = await client.get(FILE, headers={"Range": "bytes=" + ",".join(f"{a}-{b}" for a, b in asked)})
    if answer.status_code == 416:
        assert all(first >= SIZE for first, _ in asked)
        return
    if "content-range" in answer.headers:
        parts = [("", answer.headers["content-range"], answer.content)]
    else:
        parts = parts_of(answer)
        assert len(parts) > 1
    got: set[int] = set()
    for _, content_range, content in parts:
        first, last, size = map(int, re.findall("[0-9]+", content_range))
        assert (size, content) == (SIZE, BYTES[first : last + 1])
        got |= set(range(first, last + 1))
    assert got == set().union(*(range(first, min(last + 1, SIZE)) for first, last in asked if first < SIZE))
