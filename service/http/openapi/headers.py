"""Headers of requests and answers."""

from typing import Any

from service.http.openapi import patterns

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The id of the request in the service's logs: the caller's own, else a new one.",
        "schema": {"type": "string", "pattern": patterns.REQUEST_ID},
        "example": "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27",
    },
    "ETag": {
        "description": "The entity tag of this revision of the file, for `If-Match`.",
        "schema": {"type": "string", "pattern": patterns.ETAG},
        "example": '"019a6b1e5d2c7c419f4e3b8a1d6e0f27-1"',
    },
    "Location": {
        "description": "Where what was created is, or the bytes that were asked for.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/v1/files/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27",
    },
    "Content-Length": {
        "description": "How many bytes the body has.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 31457280,
    },
    "Last-Modified": {
        "description": "When the file last changed (RFC 9110, section 5.6.7).",
        "schema": {"type": "string"},
        "example": "Tue, 03 Nov 2026 09:26:12 GMT",
    },
    "X-Content-Type-Options": {
        "description": "Browsers are not to guess another type.",
        "schema": {"type": "string", "const": "nosniff"},
        "example": "nosniff",
    },
    "Content-Security-Policy": {
        "description": "Browsers are not to run what a file holds.",
        "schema": {"type": "string"},
        "example": "default-src 'none'; sandbox",
    },
    "Cross-Origin-Resource-Policy": {
        "description": "Browsers are not to show the bytes on pages of other origins.",
        "schema": {"type": "string", "const": "same-origin"},
        "example": "same-origin",
    },
    "Content-Disposition": {
        "description": (
            "Whether a browser may show the bytes, which holds for few types, or is to save them, and under which name "
            "(RFC 6266)."
        ),
        "schema": {"type": "string"},
        "example": "inline; filename=\"opera.flac\"; filename*=UTF-8''opera.flac",
    },
    "Accept-Ranges": {
        "description": "Whether ranges can be asked for: `bytes`, or `none`.",
        "schema": {"enum": ["bytes", "none"]},
        "example": "bytes",
    },
    "Content-Range": {
        "description": "Which bytes of how many these are; with 416, how many there are.",
        "schema": {"type": "string", "pattern": r"^bytes ([0-9]+-[0-9]+|\*)/[0-9]+$"},
        "example": "bytes 0-1023/31457280",
    },
    "Repr-Digest": {
        "description": "The SHA-256 of the whole file, whichever part is sent (RFC 9530).",
        "schema": {"type": "string", "pattern": "^sha-256=:[0-9A-Za-z+/]{43}=:$"},
        "example": "sha-256=:XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=:",
    },
    "Content-Digest": {
        "description": "The SHA-256 of the body, if it was wanted and is the whole file (RFC 9530).",
        "schema": {"type": "string", "pattern": "^sha-256=:[0-9A-Za-z+/]{43}=:$"},
        "example": "sha-256=:XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=:",
    },
    "Cache-Control": {
        "description": "Who may keep the answer, and for how long (RFC 9111).",
        "schema": {"type": "string"},
        "example": "private, no-cache",
    },
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    "WWW-Authenticate": {
        "description": "How to authenticate (RFC 6750).",
        "schema": {"type": "string"},
        "example": 'Bearer realm="fileport"',
    },
    "Tus-Resumable": {
        "description": "The version of tus.",
        "schema": {"type": "string", "const": "1.0.0"},
        "example": "1.0.0",
    },
    "Tus-Version": {
        "description": "The version of tus that is spoken here, where the request asks for another.",
        "schema": {"type": "string"},
        "example": "1.0.0",
    },
    "Upload-Offset": {
        "description": "How many bytes of the upload are durable. Its length only once it is a file.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 8388608,
    },
    "Upload-Length": {
        "description": "How many bytes the upload will have.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 31457280,
    },
    "Upload-Defer-Length": {
        "description": "The upload's length is not known yet.",
        "schema": {"type": "string", "const": "1"},
        "example": "1",
    },
    "Upload-Metadata": {
        "description": "What was said of the file when the upload was begun.",
        "schema": {"type": "string"},
        "example": "filename b3BlcmEuZmxhYw==,bucket bXVzaWM=",
    },
    "Upload-Concat": {
        "description": "That the upload is a part, or which ones it is put together from.",
        "schema": {"type": "string"},
        "example": "partial",
    },
    "Upload-Expires": {
        "description": "Until when the upload waits for more, if nothing more is done.",
        "schema": {"type": "string"},
        "example": "Wed, 04 Nov 2026 09:26:12 GMT",
    },
    "Fileport-File-Id": {
        "description": "The id of the file that the upload has become.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27",
    },
}

REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "description": (
        "An id for the request, to find it in the logs: up to 128 letters, digits, `.`, `_` and `-`. Any other value "
        "is replaced by a new one."
    ),
    "schema": {"type": "string"},
    "example": "checkout-7f3a",
}
_DATE = {"schema": {"type": "string"}, "example": "Tue, 03 Nov 2026 09:26:12 GMT"}
REQUEST_HEADERS: dict[str, dict[str, Any]] = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "Go on only if the file is at one of these entity tags, or with `*`, if it exists; else 412.",
        "schema": {"type": "string", "pattern": patterns.ENTITY_TAGS},
        "example": '"019a6b1e5d2c7c419f4e3b8a1d6e0f27-1"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": (
            "Go on only if the file is at none of these entity tags, or with `*`, if it is new; else 304 to who reads, "
            "412 to who changes."
        ),
        "schema": {"type": "string", "pattern": patterns.ENTITY_TAGS},
        "example": '"019a6b1e5d2c7c419f4e3b8a1d6e0f27-7"',
    },
    "IfBucketExists": {
        "name": "If-Match",
        "in": "header",
        "description": "`*`: go on only if the bucket exists; else 412. No bucket has an entity tag.",
        "schema": {"type": "string", "pattern": patterns.ENTITY_TAGS},
        "example": "*",
    },
    "IfBucketIsNew": {
        "name": "If-None-Match",
        "in": "header",
        "description": "`*`: go on only if there is no such bucket; else 412.",
        "schema": {"type": "string", "pattern": patterns.ENTITY_TAGS},
        "example": "*",
    },
    "IfUnmodifiedSince": {
        "name": "If-Unmodified-Since",
        "in": "header",
        "description": "Go on only if the file has not changed since then; else 412. Ignored beside `If-Match`.",
        **_DATE,
    },
    "IfModifiedSince": {
        "name": "If-Modified-Since",
        "in": "header",
        "description": "Go on only if the file has changed since then; else 304. Ignored beside `If-None-Match`.",
        **_DATE,
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "A key that the caller makes up, such as a UUID, with or without quotes. With it, the request may be sent "
            "again: what was done is not done again, and gets the same answer. 409 while the first one runs, 422 with "
            "another request."
        ),
        "schema": {"type": "string", "pattern": patterns.IDEMPOTENCY_KEY},
        "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    },
    "Range": {
        "name": "Range",
        "in": "header",
        "description": (
            "The bytes to send: up to 64 parts, of which those that overlap are one. More parts, and what is not "
            "understood, get the whole file."
        ),
        "schema": {"type": "string"},
        "example": "bytes=0-1023",
    },
    "IfRange": {
        "name": "If-Range",
        "in": "header",
        "description": "Send the range only if the file is at this entity tag, or of this date; else the whole file.",
        "schema": {"type": "string"},
        "example": '"019a6b1e5d2c7c419f4e3b8a1d6e0f27-1"',
    },
    "WantReprDigest": {
        "name": "Want-Repr-Digest",
        "in": "header",
        "description": "Which digests of the file are wanted (RFC 9530): `sha-256` is sent unless it is at 0.",
        "schema": {"type": "string"},
        "example": "sha-256=10",
    },
    "WantContentDigest": {
        "name": "Want-Content-Digest",
        "in": "header",
        "description": "Which digests of the body are wanted (RFC 9530): `sha-256` is sent with a whole file.",
        "schema": {"type": "string"},
        "example": "sha-256=10",
    },
    "ContentDigest": {
        "name": "Content-Digest",
        "in": "header",
        "description": "The body's digest (RFC 9530) by `sha-256` or `sha-512`. A body with another one is refused.",
        "schema": {"type": "string"},
        "example": "sha-256=:XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=:",
    },
    "ReprDigest": {
        "name": "Repr-Digest",
        "in": "header",
        "description": "The same, for the body is the whole representation: as `Content-Digest`.",
        "schema": {"type": "string"},
        "example": "sha-256=:XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=:",
    },
    "ContentMD5": {
        "name": "Content-MD5",
        "in": "header",
        "description": "The body's MD5 (RFC 1864). A body with another one is refused.",
        "schema": {"type": "string", "pattern": "^[0-9A-Za-z+/]{22}==$"},
        "example": "Q2hlY2sgSW50ZWdyaXR5IQ==",
    },
    "TusResumable": {
        "name": "Tus-Resumable",
        "in": "header",
        "required": True,
        "description": "The version of tus that the request speaks; any other is refused with 412.",
        "schema": {"type": "string", "const": "1.0.0"},
        "example": "1.0.0",
    },
    "UploadLength": {
        "name": "Upload-Length",
        "in": "header",
        "description": "How many bytes the whole upload will have.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 31457280,
    },
    "UploadDeferLength": {
        "name": "Upload-Defer-Length",
        "in": "header",
        "description": "That the length comes with a later PATCH.",
        "schema": {"type": "string", "const": "1"},
        "example": "1",
    },
    "UploadMetadata": {
        "name": "Upload-Metadata",
        "in": "header",
        "description": "What the file will be: keys and their values in Base64, with commas between.",
        "schema": {"type": "string"},
        "example": "filename b3BlcmEuZmxhYw==,bucket bXVzaWM=",
    },
    "UploadConcat": {
        "name": "Upload-Concat",
        "in": "header",
        "description": (
            "`partial` for an upload that is only a part; `final;` and the URLs of parts, with spaces between, for one "
            "that is put together from them as soon as all are complete."
        ),
        "schema": {"type": "string"},
        "example": "partial",
    },
    "UploadOffset": {
        "name": "Upload-Offset",
        "in": "header",
        "required": True,
        "description": "Where the bytes begin: what the upload says is its offset, else 409.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 0,
    },
    "UploadChecksum": {
        "name": "Upload-Checksum",
        "in": "header",
        "description": (
            "What the bytes of this request add up to: `sha1`, `sha256`, `md5` or `crc32`, a space, and the value in "
            "Base64. Where it does not come out, 460, and none of them counts. It may stand in the trailer section of "
            "a chunked body, where `Trailer: Upload-Checksum` announces it."
        ),
        "schema": {"type": "string"},
        "example": "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
    },
}
ON_BUCKETS = ("IfBucketExists", "IfBucketIsNew")
ON_CHANGES = ("IfMatch", "IfUnmodifiedSince", "IfNoneMatch")
ON_REPEATS = ("IdempotencyKey",)
ON_READS = (*ON_CHANGES, "IfModifiedSince")
ON_RANGES = ("Range", "IfRange")
ON_BODIES = ("ContentDigest", "ReprDigest", "ContentMD5")
ON_BYTES = (*ON_READS, *ON_RANGES, "WantReprDigest", "WantContentDigest")


def header_reference(name: str) -> dict[str, str]:
    """Return the reference to an answer's header."""
    return {"$ref": f"#/components/headers/{name}"}
