"""Passwords, hashed by Argon2id."""

import threading
from typing import Any

import anyio
import pytest

from adapters.passwords import Argon2Passwords
from domain.errors import OverloadedError


async def test_a_hash_is_of_one_password_and_has_a_salt() -> None:
    passwords = Argon2Passwords()
    one, other = await passwords.hash("correct horsé"), await passwords.hash("correct horsé")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert await passwords.verify(one, "correct horsé")
    assert not await passwords.verify(one, "correct horse")


async def test_no_more_wait_than_there_is_room_for() -> None:
    passwords = Argon2Passwords(concurrent=1, waiting=2)
    outcomes: list[str] = []

    async def hash_() -> None:
        try:
            await passwords.hash("x")
        except OverloadedError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("done")

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(hash_)
    assert sorted(outcomes) == ["done"] * 3 + ["overloaded"] * 7
    assert await passwords.hash("x")


async def test_a_caller_that_is_cancelled_keeps_its_place_until_its_thread_ends() -> None:
    passwords = Argon2Passwords(concurrent=1, waiting=0)
    begun, goes_on = threading.Event(), threading.Event()

    class Slow:
        def hash(self, _: str) -> str:
            begun.set()
            goes_on.wait()
            return ""

    passwords._hasher = Slow()  # type: ignore[assignment] # noqa: SLF001 - whose end the test decides
    async with anyio.create_task_group() as tasks:

        async def hash_(*_: Any) -> None:
            await passwords.hash("x")

        tasks.start_soon(hash_)
        await anyio.to_thread.run_sync(begun.wait)
        tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            with pytest.raises(OverloadedError):
                await passwords.hash("x")
            goes_on.set()
