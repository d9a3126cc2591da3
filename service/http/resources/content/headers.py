"""The headers that a file's bytes are served with."""

from typing import Any

from litestar import Request

from domain.buckets.model import Policy
from domain.files.model import File
from domain.values.digests import sha256_digest, sha256_preference
from domain.values.dispositions import content_disposition, is_safe_inline
from domain.values.preconditions import last_modified
from service.http.headers.dates import http_date
from service.http.representations import PRIVATE

# Bytes come from anybody, and are served from the API's own origin: no sniffing, no scripts, no use by other origins.
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def content_headers(
    request: Request[Any, Any, Any], file: File, policy: Policy, download: str | None
) -> dict[str, str]:
    """Return the headers of a file's bytes, but for those that tell how many of them there are.

    `download` asks for them to be saved, under that name unless it is empty.
    """
    headers = {
        "Content-Type": file.content_type,
        "Content-Disposition": content_disposition(
            download or file.name, inline=download is None and is_safe_inline(file.content_type)
        ),
        "Accept-Ranges": "bytes",
        **_validators(file, policy),
        **GUARDS,
    }
    # Known without a look at the bytes, so that only who does not want it goes without (RFC 9530, section 4).
    if sha256_preference(_line(request, "want-repr-digest")) != 0:
        headers["Repr-Digest"] = sha256_digest(file.sha256)
    return headers


def whole_headers(request: Request[Any, Any, Any], file: File) -> dict[str, str]:
    """Return what is added where all bytes are sent. Content and representation have the same digest then."""
    headers = {"Content-Length": str(file.size)}
    if sha256_preference(_line(request, "want-content-digest")):
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


def unchanged_headers(file: File, policy: Policy) -> dict[str, str]:
    """Return the headers of 304 (RFC 9110, section 15.4.5): what a cache needs to go on with what it has."""
    return {"ETag": file.etag, "Cache-Control": _cache_control(policy)}


def _validators(file: File, policy: Policy) -> dict[str, str]:
    return {**unchanged_headers(file, policy), "Last-Modified": http_date(last_modified(file))}


def _cache_control(policy: Policy) -> str:
    return PRIVATE if policy.cache_control is None else policy.cache_control


def _line(request: Request[Any, Any, Any], header: str) -> str:
    return ", ".join(request.headers.getall(header, []))
