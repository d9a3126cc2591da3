"""The headers that a file's bytes are served with."""

from domain.buckets.model import Policy
from domain.files.attributes import ContentHeaders
from domain.files.model import File
from domain.values.preconditions import last_modified
from service.http.headers.cache_control import private_form
from service.http.headers.dates import past_http_date
from service.http.headers.digests import sha256_digest, sha256_preference
from service.http.headers.disposition import content_disposition, is_safe_inline
from service.http.headers.guards import GUARDS, PRIVATE
from service.http.request import FileportRequest

# Caches ask each time whether their copy is still good, so a bucket that turns private is so at once.
_PUBLIC = "public, no-cache"
# Pages of other sites may show what anybody may read. It still has no scripts and no origin of its own.
_ANY_ORIGIN = {"Cross-Origin-Resource-Policy": "cross-origin"}


def content_headers(
    request: FileportRequest, file: File, policy: Policy, download: str | None, *, is_public: bool = False
) -> dict[str, str]:
    """Return the headers of a file's bytes, except those that tell their number.

    `download` asks for them to be saved, under that name unless it is empty. `is_public` says that anybody gets them.
    """
    headers = {
        "Content-Type": file.content_type,
        "Content-Disposition": content_disposition(
            download or file.name, inline=download is None and is_safe_inline(file.content_type)
        ),
        "Accept-Ranges": "bytes",
        **_validators(file, policy, is_public=is_public),
        **GUARDS,
        **(_ANY_ORIGIN if is_public else {}),
        **(_coding(file.attributes.headers) if file.attributes else {}),
    }
    # Known without reading the bytes, so it is left out only for a client that does not want it (RFC 9530, section 4).
    if sha256_preference(request.field("want-repr-digest")) != 0:
        headers["Repr-Digest"] = sha256_digest(file.sha256)
    return headers


def whole_headers(request: FileportRequest, file: File) -> dict[str, str]:
    """Return the headers to add where all bytes are sent: content and representation have the same digest then."""
    headers = {"Content-Length": str(file.size)}
    if sha256_preference(request.field("want-content-digest")):
        headers["Content-Digest"] = sha256_digest(file.sha256)
    return headers


def text_headers(file: File, policy: Policy) -> dict[str, str]:
    """Return the headers of a file's text; its length in UTF-8 is not known before it is decoded."""
    return {
        "Content-Type": "text/plain; charset=utf-8",
        "Accept-Ranges": "none",
        **_validators(file, policy),
        **GUARDS,
    }


def unchanged_headers(file: File, policy: Policy, *, is_public: bool = False) -> dict[str, str]:
    """Return the headers of 304 (RFC 9110, section 15.4.5): those that update a cache's copy."""
    headers = {"ETag": file.etag, "Cache-Control": _cache_control(policy, is_public=is_public)}
    if is_public and policy.cors:
        headers["Vary"] = "Origin"  # the fields of CORS depend on it
    return headers


def _coding(headers: ContentHeaders) -> dict[str, str]:
    """Return what a reader needs to understand the bytes. Caching is the bucket's, and the disposition the name's."""
    given = {"Content-Encoding": headers.content_encoding, "Content-Language": headers.content_language}
    return {name: value for name, value in given.items() if value is not None}


def _validators(file: File, policy: Policy, *, is_public: bool = False) -> dict[str, str]:
    headers = unchanged_headers(file, policy, is_public=is_public)
    return {**headers, "Last-Modified": past_http_date(last_modified(file))}


def _cache_control(policy: Policy, *, is_public: bool) -> str:
    """Return the bucket's own, which may let shared caches keep what anybody gets, and nothing else."""
    if is_public:
        return policy.cache_control or _PUBLIC
    return PRIVATE if policy.cache_control is None else private_form(policy.cache_control)
