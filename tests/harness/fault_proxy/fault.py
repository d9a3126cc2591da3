"""A fault: the requests that it meets, and its effect on them."""

import asyncio
import re
from random import Random

from tests.harness.fault_proxy.exchange import Effect


class Fault:
    """Does `effect` to the requests in which `pattern`, a regular expression, is found: to all, or to some.

    `skip` of them pass at first, then `times` are met; a `share` of them, drawn from `seed`. `met` lists those that
    were.
    """

    def __init__(self, effect: Effect, pattern: str, *, times: int | None, skip: int, share: float, seed: int) -> None:
        self.effect = effect
        self.met: list[str] = []
        self.over = asyncio.Event()
        self._pattern = re.compile(pattern, re.DOTALL)
        self._left = times
        self._skip = skip
        self._share = share
        self._random = Random(seed)
        self._meeting = asyncio.Event()

    def meets(self, request: str) -> bool:
        """Tell whether it meets this request, which counts then."""
        if self._left == 0 or not self._pattern.search(request) or self._random.random() >= self._share:
            return False
        if self._skip:
            self._skip -= 1
            return False
        if self._left is not None:
            self._left -= 1
        self.met.append(request)
        self._meeting.set()
        return True

    async def meeting(self) -> None:
        """Wait until it has met a request."""
        await self._meeting.wait()
