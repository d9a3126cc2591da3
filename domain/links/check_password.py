"""Check the password of a link, and limit the attempts at it."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from uuid import UUID

import anyio

from domain.errors import OverloadedError
from domain.links.errors import LinkPasswordError, TooManyAttemptsError
from domain.links.model import MAX_PASSWORD, Link
from domain.links.ports import Links, Passwords


class CheckPassword:
    """Check one password. Attempts are counted before the password is looked at, whatever comes of it."""

    errors = (LinkPasswordError, TooManyAttemptsError, OverloadedError)

    def __init__(self, links: Links, passwords: Passwords) -> None:
        self._links = links
        self._passwords = passwords
        self._turns: defaultdict[tuple[UUID, str], _Turn] = defaultdict(_Turn)

    async def __call__(self, link: Link, password: str | None, *, address: str, realm: str) -> None:
        """Return if the password, sent from that address, is the link's.

        Raises `LinkPasswordError`; `TooManyAttemptsError`, for the right password as well; `OverloadedError`.
        """
        if password is None:
            raise LinkPasswordError(LinkPasswordError.example, realm=realm)
        async with self._turn(link.id, address):
            wait = await self._links.count_attempt(link.id, address)
            if wait:
                raise TooManyAttemptsError(TooManyAttemptsError.example, retry_after=ceil(wait))
            try:
                is_right = await self._is_right(link, password)
            except OverloadedError:
                await self._links.forgive_attempt(link.id, address)
                raise
            if not is_right:
                raise LinkPasswordError("The link has another password.", realm=realm)
            await self._links.forgive_attempt(link.id, address)

    async def _is_right(self, link: Link, password: str) -> bool:
        if len(password.encode()) > MAX_PASSWORD:
            return False
        return await self._passwords.verify(link.password_hash or "", password)

    @asynccontextmanager
    async def _turn(self, id: UUID, address: str) -> AsyncIterator[None]:
        # One after the other: right passwords that come at once would count as so many attempts.
        turn = self._turns[id, address]
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[id, address]


class _Turn:
    def __init__(self) -> None:
        self.lock = anyio.Lock()
        self.waiting = 0
