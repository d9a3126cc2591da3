"""Listings of objects, as clients page through them."""

from urllib.parse import quote, unquote

import pytest

from domain.buckets.model import Policy
from domain.files.names import MAX_NAME_BYTES
from tests.contracts.setup import stored
from tests.fakes.catalog import FakeCatalog
from tests.support.s3 import Answer, S3Client

NAMES = ["/a", "a", "a b", "a+b", "a/", "a/b", "a//b", "a\N{LATIN SMALL LETTER E WITH ACUTE}", "b/c/d", "b&<d>", "c"]


@pytest.fixture
async def names(catalog: FakeCatalog) -> list[str]:
    for name in NAMES:
        await stored(catalog, name=name)
    return sorted(NAMES)


def shown(answer: Answer) -> list[str | None]:
    assert answer.status == 200, answer.body
    return answer.texts("Contents/Key") + answer.texts("CommonPrefixes/Prefix")


@pytest.mark.parametrize("query", ["", "list-type=2"])
async def test_all_objects_are_listed(s3: S3Client, names: list[str], query: str) -> None:
    answer = await s3.send("GET", "/default", query)
    assert answer.texts("Contents/Key") == names
    assert (answer.xml.tag, answer.text("IsTruncated"), answer.text("MaxKeys")) == ("ListBucketResult", "false", "1000")
    assert answer.text("Contents/StorageClass") == "STANDARD"
    assert answer.text(
        "Contents/ETag",
    ).endswith('-1"')  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("delimiter", ["", "/", "b", "//"])
async def test_pages_by_token_have_everything_once(s3: S3Client, names: list[str], size: int, delimiter: str) -> None:
    query = f"list-type=2&delimiter={quote(delimiter, safe='')}"
    whole = shown(await s3.send("GET", "/default", query))
    pages, token = [], ""
    while True:
        answer = await s3.send("GET", "/default", f"{query}&max-keys={size}{token}")
        page = shown(answer)
        assert answer.text("KeyCount") == str(len(page))
        pages += page
        next_ = answer.text("NextContinuationToken")
        assert (answer.text("IsTruncated") == "true") == (next_ is not None)
        if next_ is None:
            break
        assert len(page) == size
        token = f"&continuation-token={quote(next_, safe='')}"
    assert sorted(map(str, pages)) == sorted(map(str, whole))
    assert len(set(pages)) == len(pages)


async def test_pages_by_marker_have_everything_once(s3: S3Client, names: list[str]) -> None:
    pages, marker = [], ""
    while True:
        answer = await s3.send("GET", "/default", f"delimiter=%2F&max-keys=1&marker={quote(marker, safe='')}")
        pages += shown(answer)
        if (marker_ := answer.text("NextMarker")) is None:
            break
        marker = marker_
    assert sorted(map(str, pages)) == sorted(map(str, shown(await s3.send("GET", "/default", "delimiter=%2F"))))


async def test_the_marker_of_a_list_without_a_delimiter_is_its_last_key(s3: S3Client, names: list[str]) -> None:
    answer = await s3.send("GET", "/default", "max-keys=2")
    assert (answer.text("IsTruncated"), answer.text("NextMarker")) == ("true", None)
    assert answer.texts("Contents/Key") == names[:2]


async def test_a_list_of_no_keys_is_whole(s3: S3Client, names: list[str]) -> None:
    for query in ("max-keys=0", "list-type=2&max-keys=0"):
        answer = await s3.send("GET", "/default", query)
        assert (answer.text("IsTruncated"), shown(answer)) == ("false", [])


async def test_more_than_a_thousand_keys_are_a_thousand(s3: S3Client) -> None:
    assert (await s3.send("GET", "/default", "max-keys=5000")).text("MaxKeys") == "1000"


@pytest.mark.parametrize(
    "query",
    [
        "max-keys=-1", "max-keys=x", "max-keys=1.5", "encoding-type=base64", "list-type=1",
        "list-type=2&continuation-token=x",
    ],
)  # fmt: skip
async def test_wrong_parameters_are_refused(s3: S3Client, query: str) -> None:
    answer = await s3.send("GET", "/default", query)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


async def test_an_empty_token_begins_at_the_beginning(s3: S3Client, names: list[str]) -> None:
    answer = await s3.send("GET", "/default", "list-type=2&continuation-token=&start-after=a%2Fb")
    assert (answer.text("ContinuationToken"), answer.texts("Contents/Key")) == ("", names[names.index("a/b") + 1 :])


async def test_a_token_is_for_the_listing_that_gave_it(s3: S3Client, names: list[str]) -> None:
    token = (await s3.send("GET", "/default", "list-type=2&max-keys=1")).text("NextContinuationToken")
    for other in ("prefix=a", "delimiter=%2F"):
        query = f"list-type=2&{other}&continuation-token={quote(str(token), safe='')}"
        assert (await s3.send("GET", "/default", query)).code == "InvalidArgument"


async def test_encoded_names_decode_to_what_they_are(s3: S3Client, names: list[str]) -> None:
    answer = await s3.send("GET", "/default", "encoding-type=url&delimiter=%2B&prefix=a")
    assert answer.text("EncodingType") == "url"
    assert answer.text("Delimiter") == "%2B"
    assert [unquote(str(each)) for each in answer.texts("Contents/Key")] == [
        each for each in names if each.startswith("a") and "+" not in each
    ]
    assert answer.texts("CommonPrefixes/Prefix") == ["a%2B"]


@pytest.mark.parametrize("text", ["%0A", "%00", "%7F", "%EF%BF%BF"])
async def test_what_no_key_holds_finds_nothing_as_a_prefix_and_joins_nothing(
    s3: S3Client, names: list[str], text: str
) -> None:
    assert shown(await s3.send("GET", "/default", f"prefix={text}&encoding-type=url")) == []
    assert len(shown(await s3.send("GET", "/default", f"delimiter={text}&encoding-type=url"))) == len(names)
    assert (await s3.send("GET", "/default", f"marker={text}&encoding-type=url")).status == 200


async def test_owners_are_shown_where_they_are_asked_for(s3: S3Client, names: list[str]) -> None:
    assert len((await s3.send("GET", "/default")).texts("Contents/Owner/ID")) == len(names)
    assert (await s3.send("GET", "/default", "list-type=2")).texts("Contents/Owner/ID") == []
    assert len((await s3.send("GET", "/default", "list-type=2&fetch-owner=true")).texts("Contents/Owner/ID")) == len(
        names
    )


async def test_each_object_is_its_only_version(s3: S3Client, names: list[str]) -> None:
    answer = await s3.send("GET", "/default", "versions&max-keys=3")
    assert answer.texts("Version/Key") == names[:3]
    assert set(answer.texts("Version/VersionId")) == {"null"}
    assert (answer.text("NextKeyMarker"), answer.text("NextVersionIdMarker")) == (names[2], "null")
    rest = await s3.send("GET", "/default", f"versions&key-marker={quote(names[2], safe='')}&version-id-marker=null")
    assert rest.texts("Version/Key") == names[3:]


async def test_a_bucket_that_is_missing_has_no_list(s3: S3Client) -> None:
    for query in ("", "list-type=2", "versions"):
        answer = await s3.send("GET", "/missing", query)
        assert (answer.status, answer.code) == (404, "NoSuchBucket")


async def test_a_list_is_public_where_the_bucket_says_so(s3: S3Client, catalog: FakeCatalog) -> None:
    await catalog.buckets.put_bucket("open", Policy(public=True, public_listing=True))
    await catalog.buckets.put_bucket("read", Policy(public=True))
    await stored(catalog, bucket="open", name="a")
    assert shown(await s3.send("GET", "/open", "list-type=2", is_signed=False)) == ["a"]
    for path in ("/read", "/default", "/missing"):
        assert (await s3.send("GET", path, "list-type=2", is_signed=False)).code == "AccessDenied"


async def test_the_longest_name_can_be_a_prefix_and_a_marker(s3: S3Client, catalog: FakeCatalog) -> None:
    name = "x" * MAX_NAME_BYTES
    await stored(catalog, name=name)
    assert shown(await s3.send("GET", "/default", f"prefix={name}")) == [name]
    assert shown(await s3.send("GET", "/default", f"marker={name}")) == []
