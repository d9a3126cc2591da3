"""Passwords whose hash is quick, and counts how often it was asked for."""

from domain.errors import OverloadedError


class FakePasswords:
    def __init__(self) -> None:
        self.verified = 0
        self.is_full = False

    async def hash(self, password: str) -> str:
        self._reach()
        return f"hash of {password}"

    async def verify(self, password_hash: str, password: str) -> bool:
        self._reach()
        self.verified += 1
        return password_hash == f"hash of {password}"

    def _reach(self) -> None:
        if self.is_full:
            raise OverloadedError("Too many passwords are checked at once.")
