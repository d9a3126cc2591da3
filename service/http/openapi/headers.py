"""Headers of HTTP that the routes of several resources have: a row each."""

from domain.files.model import ETag
from service.http.headers.conditions import EntityTags
from service.http.openapi.operation import Header, constant
from service.http.openapi.schemas import schema_of

_WHOLE = {"type": "integer", "minimum": 0}
_DIGEST = {"type": "string", "pattern": "^sha-256=:[0-9A-Za-z+/]{43}=:$"}
_TAGS = schema_of(EntityTags)
# A string of structured fields (RFC 9651, section 3.3.3), or the same text without quotes.
_KEY = {"type": "string", "pattern": r'^(?:"(?:[ !#-\[\]-~]|\\["\\]){1,255}"|[!#-~](?:[ -~]{0,253}[!-~])?)$'}

_SHA256 = "sha-256=:XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=:"
_ID = "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"
_FIRST, _SEVENTH = '"019a6b1e5d2c7c419f4e3b8a1d6e0f27-1"', '"019a6b1e5d2c7c419f4e3b8a1d6e0f27-7"'
_DATE = "Tue, 03 Nov 2026 09:26:12 GMT"

# Of responses.
REQUEST_ID = Header(
    "X-Request-Id",
    "The id of the request in the service's logs: the caller's own, else a new one.",
    _ID,
    {"type": "string", "pattern": r"^[0-9A-Za-z._-]{1,128}$"},
)
ETAG = Header("ETag", "The entity tag of this revision of the file, for `If-Match`.", _FIRST, schema_of(ETag))
LOCATION = Header(
    "Location",
    "Where what was created is, or the bytes that were asked for.",
    f"/v1/files/{_ID}",
    {"type": "string", "format": "uri-reference"},
)
CONTENT_LENGTH = Header("Content-Length", "How many bytes the body has.", 31457280, _WHOLE)
LAST_MODIFIED = Header("Last-Modified", "When the file last changed, never later than `Date`.", _DATE)
SNIFFING = Header("X-Content-Type-Options", "Browsers are not to guess another type.", "nosniff", constant("nosniff"))
SCRIPTS = Header("Content-Security-Policy", "Browsers are not to run what a file holds.", "default-src 'none'; sandbox")
ORIGINS = Header(
    "Cross-Origin-Resource-Policy",
    "Whether pages of other origins may show the bytes: of a public bucket's files, by name.",
    "same-origin",
    {"enum": ["same-origin", "cross-origin"]},
)
DISPOSITION = Header(
    "Content-Disposition",
    "Whether a browser may show the bytes, which holds for few types, or is to save them, and under which name "
    "(RFC 6266).",
    "inline; filename=\"opera.flac\"; filename*=UTF-8''opera.flac",
)
ACCEPT_RANGES = Header(
    "Accept-Ranges", "Whether ranges can be asked for: `bytes`, or `none`.", "bytes", {"enum": ["bytes", "none"]}
)
UPLOAD_OFFSET = Header(
    "Upload-Offset", "How many bytes of the upload are durable. Its length only once it is a file.", 8388608, _WHOLE
)
CONTENT_RANGE = Header(
    "Content-Range",
    "Which bytes of how many these are; with 416, how many there are.",
    "bytes 0-1023/31457280",
    {"type": "string", "pattern": r"^bytes ([0-9]+-[0-9]+|\*)/[0-9]+$"},
)
REPR_DIGEST = Header(
    "Repr-Digest", "The SHA-256 of the whole file, whichever part is sent (RFC 9530).", _SHA256, _DIGEST
)
CONTENT_DIGEST = Header(
    "Content-Digest", "The SHA-256 of the body, if it was wanted and is the whole file (RFC 9530).", _SHA256, _DIGEST
)
CACHE_CONTROL = Header("Cache-Control", "Who may keep the answer, and for how long (RFC 9111).", "private, no-cache")
RETRY_AFTER = Header("Retry-After", "Seconds to wait before the next attempt.", 2, {"type": "integer", "minimum": 1})
WWW_AUTHENTICATE = Header("WWW-Authenticate", "How to authenticate (RFC 6750).", 'Bearer realm="fileport"')
RATE_LIMIT_POLICY = Header(
    "RateLimit-Policy",
    "The caller's limits, where it has some: requests a second, and bodies that move at once "
    "(draft-ietf-httpapi-ratelimit-headers).",
    '"default";q=50;w=1, "transfers";q=4;qu="concurrent-requests"',
)
RATE_LIMIT = Header(
    "RateLimit",
    "How many requests the caller may make now, and the seconds until it may make all of them again; with 429 none are "
    "left, and the seconds are those of `Retry-After`.",
    '"default";r=49;t=1',
)

RATE_LIMITS = (RATE_LIMIT_POLICY, RATE_LIMIT)
GUARDS = (SNIFFING, SCRIPTS, ORIGINS)

# Of requests.
OWN_REQUEST_ID = Header(
    "X-Request-Id",
    "An id for the request, to find it in the logs: up to 128 letters, digits, `.`, `_` and `-`. Any other value "
    "is replaced by a new one.",
    "checkout-7f3a",
    key="RequestId",
)
IF_MATCH = Header(
    "If-Match",
    "Go on only if the file is at one of these entity tags, or with `*`, if it exists; else 412.",
    _FIRST,
    _TAGS,
)
IF_NONE_MATCH = Header(
    "If-None-Match",
    "Go on only if the file is at none of these entity tags, or with `*`, if it is new; else 412.",
    _SEVENTH,
    _TAGS,
)
IF_NONE_MATCH_ON_READS = Header(
    "If-None-Match",
    "304 where the file is at one of these entity tags. What is not understood matches nothing.",
    _SEVENTH,
    key="IfNoneMatchOnReads",
)
IF_UNMODIFIED_SINCE = Header(
    "If-Unmodified-Since",
    "Go on only if the file has not changed since then; else 412. Ignored beside `If-Match`.",
    _DATE,
)
IF_MODIFIED_SINCE = Header(
    "If-Modified-Since",
    "Go on only if the file has changed since then; else 304. Ignored beside `If-None-Match`.",
    _DATE,
)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "A key that the caller makes up, such as a UUID, with or without quotes. With it, the request may be sent "
    "again: what was done is not done again, and gets the same answer. 409 while the first one runs, 422 with "
    "another request.",
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    _KEY,
)
RANGE = Header(
    "Range",
    "The bytes to send: up to 64 parts, of which those that overlap are one. More parts, and what is not "
    "understood, get the whole file.",
    "bytes=0-1023",
)
IF_RANGE = Header(
    "If-Range", "Send the range only if the file is at this entity tag, or of this date; else the whole file.", _FIRST
)
WANT_REPR_DIGEST = Header(
    "Want-Repr-Digest",
    "Which digests of the file are wanted (RFC 9530): `sha-256` is sent unless it is at 0.",
    "sha-256=10",
)
WANT_CONTENT_DIGEST = Header(
    "Want-Content-Digest",
    "Which digests of the body are wanted (RFC 9530): `sha-256` is sent with a whole file.",
    "sha-256=10",
)
BODY_CONTENT_DIGEST = Header(
    "Content-Digest",
    "The body's digest (RFC 9530) by `sha-256` or `sha-512`. A body with another one is refused.",
    _SHA256,
)
BODY_REPR_DIGEST = Header(
    "Repr-Digest", "The same, for the body is the whole representation: as `Content-Digest`.", _SHA256
)
CONTENT_MD5 = Header(
    "Content-MD5",
    "The body's MD5 (RFC 1864). A body with another one is refused.",
    "Q2hlY2sgSW50ZWdyaXR5IQ==",
    {"type": "string", "pattern": "^[0-9A-Za-z+/]{22}==$"},
)

ON_CHANGES = (IF_MATCH, IF_UNMODIFIED_SINCE, IF_NONE_MATCH)
ON_READS = (IF_MATCH, IF_UNMODIFIED_SINCE, IF_NONE_MATCH_ON_READS, IF_MODIFIED_SINCE)
ON_RANGES = (RANGE, IF_RANGE)
ON_BODIES = (BODY_CONTENT_DIGEST, BODY_REPR_DIGEST, CONTENT_MD5)
