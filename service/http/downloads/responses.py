"""Responses with a file's bytes: all of them, some, or none if the reader has them already."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Protocol

from domain.blobs.chunks import Body, SendableBody
from domain.buckets.model import Policy
from domain.files.content.read_text import Text
from domain.files.model import File
from domain.files.names import check_path_name
from domain.values.ranges import ByteRange, resolve_ranges
from service.http.connection import can_send_files
from service.http.downloads.headers import content_headers, text_headers, unchanged_headers, whole_headers
from service.http.partial_content import Representation, partial_response
from service.http.request import FileportRequest
from service.http.streaming import ContentResponse
from service.runtime.concurrency import ConcurrencyLimit

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Content(Protocol):
    """What `FileContent` has."""

    @property
    def file(self) -> File: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def is_public(self) -> bool: ...
    def whole(self) -> Body: ...
    def part(self, part: ByteRange, /) -> Body: ...
    def for_sending(self, part: ByteRange | None = None, /) -> SendableBody: ...


def content_response(
    request: FileportRequest,
    content: Content,
    limit: ConcurrencyLimit,
    *,
    download: str | None,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> ContentResponse:
    """Return the response with the bytes asked for. The conditions have the order of RFC 9110, section 13.2.2.

    `download` is the name to save them under, which may be empty; None leaves it to their type. `headers` replace those
    of any file. Raises `InvalidNameError`, `InvalidConditionError`, `PreconditionFailedError`,
    `RangeNotSatisfiableError`.
    """
    file = content.file
    if download:
        check_path_name(download)
    if request.precondition.is_fresh(file):
        headers = {**unchanged_headers(file, content.policy, is_public=content.is_public), **headers}
        return ContentResponse(content.whole(), headers, limit, size=file.size, status=HTTPStatus.NOT_MODIFIED)
    own_headers = content_headers(request, file, content.policy, download, is_public=content.is_public)
    headers = {**own_headers, **headers}
    sends_files = can_send_files(request.scope)
    if parts := _wanted_parts(request, file):
        open_part = content.for_sending if sends_files else content.part
        return partial_response(Representation(file.content_type, file.size, open_part), parts, headers, limit)
    body = content.for_sending() if sends_files else content.whole()
    return ContentResponse(body, headers | whole_headers(request, file), limit, size=file.size)


def text_response(request: FileportRequest, text: Text, limit: ConcurrencyLimit) -> ContentResponse:
    """Return the response with a file's whole text, of unknown length. Raises as `content_response` does."""
    is_fresh = request.precondition.is_fresh(text.file)
    return ContentResponse(
        text.body,
        unchanged_headers(text.file, text.policy) if is_fresh else text_headers(text.file, text.policy),
        limit,
        size=text.file.size,
        status=HTTPStatus.NOT_MODIFIED if is_fresh else HTTPStatus.OK,
        # Conditions do not count for a file that is not text (RFC 9110, section 13.2.1).
        is_always_opened=True,
    )


def _wanted_parts(request: FileportRequest, file: File) -> tuple[ByteRange, ...]:
    if_range = request.if_range
    if if_range is not None and not if_range.holds(file):
        return ()
    return resolve_ranges(request.ranges, file.size)
