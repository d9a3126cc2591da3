"""Passwords, hashed by Argon2id (RFC 9106)."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from domain.errors import OverloadedError

# At once, and in line for them: each takes 19 MiB and some 30 ms of a core.
CONCURRENT = 2
WAITING = 32

T = TypeVar("T")


class Argon2Passwords:
    """Keep the port `Passwords`, in threads of their own limit."""

    def __init__(self, *, concurrent: int = CONCURRENT, waiting: int = WAITING) -> None:
        # OWASP's parameters for little memory: 19 MiB, two passes, one lane.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._limiter = anyio.CapacityLimiter(concurrent)
        self._room = concurrent + waiting

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def verify(self, password_hash: str, password: str) -> bool:
        return await self._run(self._verify, password_hash, password)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerificationError:
            return False

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if not self._room:
            raise OverloadedError("Too many passwords are checked at once.")
        self._room -= 1
        try:
            # A caller that is cancelled waits for its thread, so that no more run than are counted.
            return await anyio.to_thread.run_sync(work, *arguments, limiter=self._limiter, abandon_on_cancel=False)
        finally:
            self._room += 1
