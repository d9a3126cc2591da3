"""What the machine drives: a service, however it is made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import httpx


class Deployment(Protocol):
    """One service, used by one machine after another."""

    is_clock_exact: bool
    """Whether the service's clock stands still between two calls of `now`, so that its times can be told in advance."""

    grace: float
    """The grace of condemned blobs, in seconds."""

    def reset(self) -> None:
        """Leave nothing in the service but the bucket `default`."""
        ...

    def now(self) -> datetime:
        """Return the time of the service's clock."""
        ...

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | Sequence[bytes] | None = None,
        params: Mapping[str, str | list[str]] | None = None,
    ) -> httpx.Response:
        """Send a request, with a sequence as a chunked body, and return the whole answer."""
        ...

    def cut(self, url: str, *, headers: Mapping[str, str], content: bytes) -> None:
        """Begin to PUT `content`, and go away before its end."""
        ...

    def check_blobs(self, blobs: int) -> None:
        """See to it that the blob store comes to hold as many blobs as files have, and nothing else."""
        ...
