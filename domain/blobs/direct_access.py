"""Requests to the blob store that clients make themselves."""

from typing import Literal

import msgspec

ReadMethod = Literal["GET", "HEAD"]


class ReadHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """The headers with which a blob store, which knows only bytes, serves a file's bytes."""

    content_type: str
    content_disposition: str
    cache_control: str


class SignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that any client may make, with this method and URL, and with exactly these signed headers."""

    method: str
    url: str
    headers: dict[str, str]


class UploadedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part in the store: its number, from 1, its size in bytes, and the store's own tag of it."""

    number: int
    size: int
    etag: str
