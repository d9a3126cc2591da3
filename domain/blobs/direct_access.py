"""Requests to the blob store that clients make themselves."""

from typing import Literal

import msgspec

ReadMethod = Literal["GET", "HEAD"]


class ReadHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """The headers that a blob store, which knows bytes alone, is to serve a file's bytes with."""

    content_type: str
    content_disposition: str
    cache_control: str


class SignedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that whoever has it may make: with this method and URL, and with these headers, no others signed."""

    method: str
    url: str
    headers: dict[str, str]


class UploadedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that the store has: its number, from 1, its size in bytes, and the store's own tag of it."""

    number: int
    size: int
    etag: str
