"""Clients that take no bytes of a response."""

import asyncio
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class StallWatch:
    """Calls `cut` once the client has taken none of the `unsent` bytes for `seconds`, from one look to the next."""

    def __init__(
        self, seconds: float, unsent: Callable[[], int], cut: Callable[[], None], client: Callable[[], str | None]
    ) -> None:
        self._seconds = seconds
        self._unsent = unsent
        self._cut = cut
        self._client = client
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look, self._unsent())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, unsent_before: int) -> None:
        if self._unsent() == unsent_before:
            reason = "the client took too long to receive the response"
            log.info("connection cut", client=self._client(), reason=reason)
            self._cut()
        else:
            self.start()
