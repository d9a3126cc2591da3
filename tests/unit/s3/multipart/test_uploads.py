"""Multipart uploads from their beginning to their end, on the fakes."""

import hashlib
from base64 import b64encode

import pytest

from domain.buckets.model import Policy
from tests.support.fake_service import Service
from tests.support.reaper import reaper
from tests.support.s3 import HOST, S3Client, call
from tests.unit.s3.multipart.uploads import LEAST, Upload, document, etag_of

FIRST, SECOND = b"a" * LEAST, b"b" * (LEAST + 1)


class TestObjects:
    async def test_parts_in_any_order_become_one_object(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3, content_type="image/png", x_amz_meta_k="v")
        last = await upload.add(3, b"end")
        parts = [await upload.add(1, FIRST), await upload.add(2, SECOND), last]
        done = await upload.complete(*parts)
        assert done.status == 200
        assert (done.text("Bucket"), done.text("Key")) == ("default", "a")
        assert done.text("ETag") == etag_of(FIRST, SECOND, b"end")
        head = await s3.send("HEAD", "/default/a")
        assert head.headers["etag"] == etag_of(FIRST, SECOND, b"end")
        assert (head.headers["content-type"], head.headers["x-amz-meta-k"]) == ("image/png", "v")
        assert await upload.content() == FIRST + SECOND + b"end"

    async def test_a_part_can_be_read_by_its_number(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        await upload.complete(await upload.add(2, FIRST), await upload.add(7, b"end"))
        found = await s3.send("GET", "/default/a", "partNumber=2")
        assert (found.status, found.body, found.headers["x-amz-mp-parts-count"]) == (206, b"end", "2")

    async def test_one_small_part_is_enough(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        assert (await upload.complete(await upload.add(1, b"four"))).status == 200
        assert await upload.content() == b"four"

    async def test_an_empty_part_makes_an_empty_object(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        assert (await upload.complete(await upload.add(1, b""))).status == 200
        assert await upload.content() == b""

    async def test_a_part_that_is_sent_again_replaces_the_former(self, s3: S3Client, service: Service) -> None:
        upload = await Upload.begin(s3)
        former = await upload.add(1, b"former")
        latest = await upload.add(1, b"latest")
        assert (await upload.complete(former)).code == "InvalidPart"
        assert (await upload.complete(latest)).status == 200
        assert await upload.content() == b"latest"
        service.clock.advance(3600)
        async for _ in reaper(service.catalog, service.blobs)():
            pass
        [file] = service.catalog.database.files.values()
        assert list(service.blobs.stored) == [file.blob_key]

    async def test_parts_may_be_left_out(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        parts = [await upload.add(number, bytes([number]) * LEAST) for number in (1, 2)]
        assert (await upload.complete(parts[1])).status == 200
        assert await upload.content() == b"\2" * LEAST

    async def test_a_completed_upload_takes_the_place_of_an_object(self, s3: S3Client) -> None:
        await s3.send("PUT", "/default/a", body=b"before")
        upload = await Upload.begin(s3)
        part = await upload.add(1, b"after")
        assert (await upload.complete(part, if_none_match="*")).status == 412
        assert (await upload.complete(part, if_match='"other"')).status == 412
        assert (await upload.complete(part)).status == 200
        assert await upload.content() == b"after"

    async def test_completing_again_gets_the_same_answer(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        parts = [await upload.add(1, FIRST), await upload.add(2, b"end")]
        first = await upload.complete(*parts)
        await s3.send("PUT", "/default/a", body=b"another")
        again = await upload.complete(*parts)
        assert (again.status, again.body) == (200, first.body)
        assert await upload.content() == b"another"
        assert (await upload.complete(parts[0])).code == "NoSuchUpload"

    async def test_an_upload_that_has_ended_is_not_there(self, s3: S3Client) -> None:
        completed, aborted = await Upload.begin(s3), await Upload.begin(s3)
        part = await completed.add(1, b"x")
        assert (await completed.complete(part)).status == 200
        assert (await aborted.abort()).status == 204
        for upload in (completed, aborted):
            assert (await upload.put(1, b"x")).code == "NoSuchUpload"
            assert (await upload.abort()).code == "NoSuchUpload"
            assert (await upload.parts()).code == "NoSuchUpload"
        assert (await aborted.complete(part)).code == "NoSuchUpload"

    async def test_an_id_counts_for_its_key_alone(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        part = await upload.add(1, b"x")
        for path, id_ in [("/default/b", upload.id), ("/default/a", "0" * 32), ("/default/a", "none")]:
            other = Upload(s3, path, id_)
            assert (await other.put(1, b"x")).code == "NoSuchUpload"
            assert (await other.complete(part)).code == "NoSuchUpload"


class TestRefusals:
    @pytest.mark.parametrize("number", [0, 10_001, -1])
    async def test_numbers_are_from_1_to_10000(self, s3: S3Client, number: int) -> None:
        upload = await Upload.begin(s3)
        answer = await upload.put(number, b"x")
        assert (answer.status, answer.code) == (400, "InvalidArgument")

    async def test_only_the_last_part_may_be_small(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        parts = [await upload.add(1, b"four"), await upload.add(2, b"end")]
        answer = await upload.complete(*parts)
        assert (answer.status, answer.code) == (400, "EntityTooSmall")
        assert (await upload.complete(parts[0])).status == 200

    async def test_parts_ascend(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        parts = [await upload.add(1, FIRST), await upload.add(2, b"end")]
        assert (await upload.complete(parts[1], parts[0])).code == "InvalidPartOrder"
        assert (await upload.complete(parts[0], parts[0])).code == "InvalidPartOrder"

    async def test_parts_that_are_not_there_are_refused(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        number, etag = await upload.add(1, b"x")
        assert (await upload.complete((2, etag))).code == "InvalidPart"
        assert (await upload.complete((number, '"' + "0" * 32 + '"'))).code == "InvalidPart"
        assert (await upload.complete((number, "x"))).code == "InvalidPart"
        assert (await upload.complete((number, etag.strip('"').upper()))).status == 200

    @pytest.mark.parametrize(
        "xml",
        [
            "<CompleteMultipartUpload></CompleteMultipartUpload>",
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
            "<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>",
            "<CompleteMultipartUpload><Parts/></CompleteMultipartUpload>",
            "<Other/>",
            "<CompleteMultipartUpload>",
            "x",
        ],
    )
    async def test_a_document_of_another_schema_is_refused(self, s3: S3Client, xml: str) -> None:
        upload = await Upload.begin(s3)
        answer = await upload.complete(xml=xml)
        assert (answer.status, answer.code) == (400, "MalformedXML")

    async def test_ten_thousand_parts_fit_and_are_not_there(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        more = dict.fromkeys(range(1, 10001), f"<ChecksumSHA512>{'A' * 86}==</ChecksumSHA512>")
        etag = '"' + "0" * 32 + '"'
        xml = document([(number, etag) for number in range(1, 10_001)], more)
        assert (await upload.complete(xml=xml)).code == "InvalidPart"

    async def test_a_part_needs_its_length(self, s3: S3Client, service: Service) -> None:
        upload = await Upload.begin(s3)
        target = f"/s3{upload.path}?partNumber=1&uploadId={upload.id}"
        fields = s3.sign("PUT", target, {"host": HOST, "transfer-encoding": "chunked"}, b"x")
        answer = await call(service.app, "PUT", target, fields.items(), [b"x"])
        assert (answer.status, answer.code) == (411, "MissingContentLength")

    async def test_a_body_that_is_not_as_declared_leaves_the_former_part(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        kept = await upload.add(1, b"kept")
        wrong = b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
        assert (await upload.put(1, b"new", content_md5=wrong)).code == "BadDigest"
        assert (await upload.put(2, b"new", content_md5=wrong)).code == "BadDigest"
        assert (await upload.parts()).texts("Part/ETag") == [kept[1]]
        assert (await upload.put(2, b"end")).status == 200

    async def test_a_bucket_that_is_missing_is_told(self, s3: S3Client) -> None:
        assert (await s3.send("POST", "/missing/a", "uploads=")).code == "NoSuchBucket"
        assert (await s3.send("GET", "/missing", "uploads=")).code == "NoSuchBucket"

    async def test_a_quota_is_held_before_a_part_is_taken(self, s3: S3Client, service: Service) -> None:
        await service.catalog.buckets.put_bucket("default", Policy(quota_bytes=LEAST + 10))
        upload = await Upload.begin(s3)
        first = await upload.add(1, FIRST)
        assert (await upload.put(2, b"x" * 11)).code == "QuotaExceeded"
        last = await upload.add(2, b"x" * 10)
        assert (await s3.send("PUT", "/default/b", body=b"x")).code == "QuotaExceeded"
        assert (await upload.complete(first, last)).status == 200

    async def test_a_part_over_the_limit_of_its_bucket_is_refused(self, s3: S3Client, service: Service) -> None:
        await service.catalog.buckets.put_bucket("default", Policy(max_file_size=4))
        upload = await Upload.begin(s3)
        assert (await upload.put(1, b"five!")).code == "EntityTooLarge"
        parts = [await upload.add(1, b"four")]
        assert (await upload.complete(*parts)).status == 200


class TestLists:
    async def test_parts_are_listed_in_pages(self, s3: S3Client) -> None:
        upload = await Upload.begin(s3)
        for number in (5, 1, 10_000):
            await upload.add(number, b"x" * number)
        page = await upload.parts("&max-parts=2")
        assert page.texts("Part/PartNumber") == ["1", "5"]
        assert page.texts("Part/Size") == ["1", "5"]
        assert (page.text("IsTruncated"), page.text("NextPartNumberMarker")) == ("true", "5")
        page = await upload.parts("&part-number-marker=5")
        assert (page.texts("Part/PartNumber"), page.text("IsTruncated")) == (["10000"], "false")
        assert (await upload.parts("&max-parts=-1")).code == "InvalidArgument"

    async def test_uploads_are_listed_by_key(self, s3: S3Client) -> None:
        begun = [await Upload.begin(s3, f"/default/{key}") for key in ("b", "a/x", "a/y", "a/x", "c%20d")]
        page = await s3.send("GET", "/default", "uploads=&max-uploads=2")
        assert page.texts("Upload/Key") == ["a/x", "a/x"]
        assert page.texts("Upload/UploadId") == [begun[1].id, begun[3].id]
        query = f"uploads=&key-marker={page.text('NextKeyMarker')}&upload-id-marker={page.text('NextUploadIdMarker')}"
        rest = await s3.send("GET", "/default", query.replace("/", "%2F"))
        assert (rest.texts("Upload/Key"), rest.text("IsTruncated")) == (["a/y", "b", "c d"], "false")
        encoded = await s3.send("GET", "/default", "encoding-type=url&prefix=c&uploads=")
        assert encoded.texts("Upload/Key") == ["c%20d"]

    async def test_uploads_in_folders_are_listed_as_one(self, s3: S3Client) -> None:
        for key in ("a/x", "a/y", "b", "c/d/e", "c/f"):
            await Upload.begin(s3, f"/default/{key}")
        seen: list[str | None] = []
        marker: str | None = ""
        while marker is not None:
            query = f"delimiter=%2F&key-marker={marker.replace('/', '%2F')}&max-uploads=1&uploads="
            page = await s3.send("GET", "/default", query)
            seen += [*page.texts("Upload/Key"), *page.texts("CommonPrefixes/Prefix")]
            marker = page.text("NextKeyMarker") if page.text("IsTruncated") == "true" else None
        assert seen == ["a/", "b", "c/"]
        page = await s3.send("GET", "/default", "delimiter=%2F&prefix=c%2F&uploads=")
        assert (page.texts("Upload/Key"), page.texts("CommonPrefixes/Prefix")) == (["c/f"], ["c/d/"])


class TestCopies:
    async def test_a_part_may_be_a_range_of_an_object(self, s3: S3Client) -> None:
        await s3.send("PUT", "/default/source", body=b"0123456789")
        upload = await Upload.begin(s3)
        copied = await upload.copy(1, "default/source", x_amz_copy_source_range="bytes=2-5")
        assert copied.status == 200
        assert (await upload.complete((1, copied.text("ETag") or ""))).status == 200
        assert await upload.content() == b"2345"

    async def test_a_whole_object_may_be_a_part(self, s3: S3Client) -> None:
        await s3.send("PUT", "/default/source", body=b"0123456789")
        upload = await Upload.begin(s3)
        copied = await upload.copy(1, "/default/source")
        assert (await upload.complete((1, copied.text("ETag") or ""))).status == 200
        assert await upload.content() == b"0123456789"

    @pytest.mark.parametrize("range_", ["bytes=0-", "bytes=-5", "0-5", "bytes=5-2", "bytes=0-10", "bytes=10-11", "x"])
    async def test_a_range_is_given_in_full_and_lies_in_its_object(self, s3: S3Client, range_: str) -> None:
        await s3.send("PUT", "/default/source", body=b"0123456789")
        upload = await Upload.begin(s3)
        answer = await upload.copy(1, "default/source", x_amz_copy_source_range=range_)
        assert (answer.status, answer.code) == (400, "InvalidArgument")

    async def test_conditions_are_on_the_source(self, s3: S3Client) -> None:
        etag = (await s3.send("PUT", "/default/source", body=b"x")).headers["etag"]
        upload = await Upload.begin(s3)
        assert (await upload.copy(1, "default/source", x_amz_copy_source_if_none_match=etag)).status == 412
        assert (await upload.copy(1, "default/source", x_amz_copy_source_if_match=etag)).status == 200
        assert (await upload.copy(1, "default/missing")).code == "NoSuchKey"
