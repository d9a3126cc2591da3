"""Responses that redirect a reader to the blob store for a file's bytes."""

from http import HTTPStatus

from domain.blobs.direct_access import ReadHeaders
from domain.files.content.read_file import FileContent
from domain.files.content.redirect_read import RedirectRead
from domain.files.names import check_path_name
from service.http.downloads.headers import content_headers, unchanged_headers
from service.http.request import FileportRequest
from service.http.streaming import BareResponse


async def redirect_response(
    request: FileportRequest, content: FileContent, redirect_read: RedirectRead, *, download: str | None
) -> BareResponse:
    """Return 307 (RFC 9110, section 15.4.8) where `content_response` would send bytes, and 304 where it would not.

    No cache may keep the redirect, whose URL expires. The reader asks the blob store for ranges. Raises
    `InvalidNameError`, `InvalidConditionError`, `PreconditionFailedError`, `DirectAccessUnsupportedError`.
    """
    file, policy = content.file, content.policy
    if download:
        check_path_name(download)
    if request.precondition.is_fresh(file):
        headers = unchanged_headers(file, policy, is_public=content.is_public)
        return BareResponse(HTTPStatus.NOT_MODIFIED, headers)
    headers = content_headers(request, file, policy, download, is_public=content.is_public)
    url = await redirect_read(
        content,
        "HEAD" if request.method == "HEAD" else "GET",
        ReadHeaders(
            content_type=headers["Content-Type"],
            content_disposition=headers["Content-Disposition"],
            cache_control=headers["Cache-Control"],
        ),
    )
    return BareResponse(HTTPStatus.TEMPORARY_REDIRECT, {"Location": url, "Cache-Control": "no-store"})
