"""Requests to the blob store that clients make themselves."""

from typing import Literal

import msgspec

ReadMethod = Literal["GET", "HEAD"]


class ReadHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """The headers that a blob store, which knows bytes alone, is to serve a file's bytes with."""

    content_type: str
    content_disposition: str
    cache_control: str
