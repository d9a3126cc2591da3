"""Visits: requests that come by a link."""

import msgspec

from domain.values.preconditions import IfRange


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A request that comes by a link. `address` is the client's, or that of a network that counts as one client.

    `ticket` is the text of an earlier answer. `part` is the validator of the part that the reader has, where it asks
    for another part. One that is not `with_bytes` asks for the head alone.
    """

    address: str
    request_id: str | None = None
    password: str | None = None
    ticket: str = ""
    part: IfRange | None = None
    with_bytes: bool = True
