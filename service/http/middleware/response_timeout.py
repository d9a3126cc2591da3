"""The timeout of responses: a client may neither stop receiving nor take too long."""

import asyncio
from collections.abc import Collection

from service.http.connection import unsent_bytes
from service.http.middleware.cancellation import Work

# So often within the shorter time all responses are looked at.
_LOOKS = 4


class ResponseTimeouts:
    """A client has `total` seconds for the body of a response, and may receive no bytes of it for `idle` seconds.

    After that, or up to a quarter of the shorter time later, the work is cancelled, so that it frees its resources. One
    timer looks at the responses of all requests: one for each would cost more than most responses.
    """

    def __init__(self, *, idle: float, total: float) -> None:
        self._idle = idle
        self._total = total
        self._is_watching = False

    def watch(self, works: Collection[Work]) -> None:
        """Look at the responses of `works` from now on, until there are none."""
        if not self._is_watching:
            self._is_watching = True
            self._look_later(works)

    def _look_later(self, works: Collection[Work]) -> None:
        asyncio.get_running_loop().call_later(min(self._idle, self._total) / _LOOKS, self._look, works)

    def _look(self, works: Collection[Work]) -> None:
        now = asyncio.get_running_loop().time()
        for work in works:
            if self._is_stalled(work, now):
                work.is_stalled = True
                work.cancel()
        if works:
            self._look_later(works)
        else:
            self._is_watching = False

    def _is_stalled(self, work: Work, now: float) -> bool:
        progress = work.progress
        if not progress.is_waiting:
            return False
        # One send waits until the server's buffer has drained, which a slow client does little by little.
        seen = progress.parts, unsent_bytes(work.scope)
        if work.first_seen_at is None:
            work.first_seen_at = now
        if seen != work.seen:
            work.seen, work.seen_at = seen, now
        return now >= work.first_seen_at + self._total or now >= work.seen_at + self._idle
