"""What is answered to each request of S3's API."""

from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.sax.saxutils import escape

import msgspec

from bench.s3_stand_in.store import Object, Store

if TYPE_CHECKING:
    from bench.s3_stand_in.protocol import Request

_MODIFIED = "Fri, 27 Nov 2026 08:00:00 GMT"
_XML = {"Content-Type": "application/xml"}
_ALGORITHM = "x-amz-checksum-algorithm"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`length` is that of the body, or would be: HEAD sends none."""

    status: int = 200
    headers: dict[str, str] = {}
    body: list[memoryview] = []
    length: int = 0


def answer(store: Store, request: "Request") -> Answer:
    """Raises `KeyError` where there is no such object or upload."""
    match request.method:
        case "PUT":
            return _put(store, request)
        case "GET" | "HEAD" if request.key:
            return _get(request, store.objects[request.key])
        case "GET":
            return _xml(_uploads(store) if "uploads" in request.query else _objects(store, request))
        case "POST":
            return _post(store, request)
        case "DELETE":
            if "uploadId" in request.query:
                store.uploads.pop(request.query["uploadId"], None)
            else:
                store.objects.pop(request.key, None)
            return Answer(status=204)
        case _:
            return Answer()  # HEAD of the bucket


def not_found(method: str) -> Answer:
    error = b"<Error><Code>NoSuchKey</Code><Message>It is not here.</Message></Error>"
    return Answer(status=404, headers=_XML, body=[] if method == "HEAD" else [memoryview(error)], length=len(error))


def _put(store: Store, request: "Request") -> Answer:
    if not request.key:
        return Answer()  # a bucket is made
    source = request.headers.get("x-amz-copy-source")
    if source is None:
        kept = store.keep(request.body)
    else:
        first, _, last = request.headers.get("x-amz-copy-source-range", "").removeprefix("bytes=").partition("-")
        key = unquote(source).removeprefix("/").partition("/")[2]
        kept = store.copied(key, int(first) if first else None, int(last) if last else None)
    if "uploadId" in request.query:
        store.uploads[request.query["uploadId"]][1][int(request.query["partNumber"])] = kept
    else:
        store.objects[request.key] = kept
    if source is None:
        # As a store does that has compared it.
        checksums = {name: value for name, value in request.headers.items() if name.startswith("x-amz-checksum-")}
        return Answer(headers={"ETag": f'"{kept.etag}"', **checksums})
    result = "CopyPartResult" if "uploadId" in request.query else "CopyObjectResult"
    return _xml(f'<{result}><ETag>"{kept.etag}"</ETag></{result}>')


def _get(request: "Request", found: Object) -> Answer:
    headers = {"ETag": f'"{found.etag}"', "Last-Modified": _MODIFIED, "Accept-Ranges": "bytes"}
    if request.method == "HEAD":
        return Answer(headers=headers, length=found.size)
    wanted = request.headers.get("range")
    if wanted is None:
        return Answer(headers=headers, body=found.part(0, found.size), length=found.size)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start, end = int(first), min(int(last) + 1 if last else found.size, found.size)
    if start >= end:
        return Answer(status=416, headers={"Content-Range": f"bytes */{found.size}"})
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    return Answer(status=206, headers=headers, body=found.part(start, end), length=end - start)


def _post(store: Store, request: "Request") -> Answer:
    if "uploads" in request.query:
        upload = store.begin(request.key)
        answer = _xml(f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>")
        answer.headers.update({name: value for name, value in request.headers.items() if name == _ALGORITHM})
        return answer
    if "uploadId" in request.query:
        whole = store.complete(request.query["uploadId"])
        return _xml(f'<CompleteMultipartUploadResult><ETag>"{whole.etag}"</ETag></CompleteMultipartUploadResult>')
    for part in bytes(request.body).decode().split("<Key>")[1:]:
        store.objects.pop(part.partition("</Key>")[0], None)
    return _xml("<DeleteResult></DeleteResult>")


def _objects(store: Store, request: "Request") -> str:
    prefix = unquote(request.query.get("prefix", ""))
    after = unquote(request.query.get("start-after", ""))
    limit = int(request.query.get("max-keys", "1000"))
    keys = sorted(key for key in store.objects if key.startswith(prefix) and key > after)[:limit]
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{store.objects[key].size}</Size>"
        f"<LastModified>2026-11-27T08:00:00.000Z</LastModified></Contents>"
        for key in keys
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"


def _uploads(store: Store) -> str:
    uploads = "".join(
        f"<Upload><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
        f"<Initiated>2026-11-27T08:00:00.000Z</Initiated></Upload>"
        for upload, (key, _) in store.uploads.items()
    )
    return f"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>{uploads}</ListMultipartUploadsResult>"


def _xml(text: str) -> Answer:
    body = text.encode()
    return Answer(headers=dict(_XML), body=[memoryview(body)], length=len(body))
