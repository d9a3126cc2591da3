"""Terms: the limits on the sender of a file, on top of the policy of its bucket."""

import secrets
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import msgspec

from domain.buckets.errors import FileTooLargeError, TypeNotAllowedError
from domain.errors import PreconditionFailedError
from domain.files.errors import NameTakenError
from domain.files.names import MAX_NAME_BYTES, numbered
from domain.values.media_types import is_type_kept_out

T = TypeVar("T")

# Beyond these, numbers are random, so that the thousandth file of a name is stored as quickly as the tenth.
_NUMBERS_IN_TURN = range(2, 10)
_RANDOM_TRIES = 5


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The limits on a file, in bytes and content types. None: no limit.

    Where `wanted_name` is set, the file gets that name or, where it is taken, one like `photo (2).jpg`.
    """

    max_file_size: int | None = None
    allowed_types: tuple[str, ...] | None = None
    wanted_name: str | None = None

    def admit(self, *, content_type: str | None, size: int | None) -> None:
        """Raise `TypeNotAllowedError` or `FileTooLargeError` where the terms keep such a file out.

        A type, or a size, of None is not known yet, and passes.
        """
        if is_type_kept_out(content_type, self.allowed_types):
            allowed = ", ".join(self.allowed_types or ()) or "no type"
            raise TypeNotAllowedError(f"Only {allowed} may come in here, not {content_type}.")
        if size is not None and self.max_file_size is not None and size > self.max_file_size:
            raise FileTooLargeError(f"The file is larger than the {self.max_file_size} bytes that are allowed here.")


NO_TERMS = Terms()


def free_names(wanted: str) -> Iterator[str]:
    """Yield the name, and then others like it: `photo (2).jpg`."""
    yield wanted
    for number in _NUMBERS_IN_TURN:
        yield from _fitting(wanted, number)
    for _ in range(_RANDOM_TRIES):
        yield from _fitting(wanted, 10 + secrets.randbelow(10**9))


async def under_free_name(terms: Terms, store: Callable[[str | None], Awaitable[T]]) -> T:
    """Return the result of `store` under a free name; it raises `PreconditionFailedError` where one is taken.

    Without a `wanted_name` it is called once, with None. Raises `NameTakenError` where no free name was found.
    """
    if terms.wanted_name is None:
        return await store(None)
    for name in free_names(terms.wanted_name):
        try:
            return await store(name)
        except PreconditionFailedError:
            continue
    raise NameTakenError("Too many files have that name already.")


def _fitting(wanted: str, number: int) -> Iterator[str]:
    name = numbered(wanted, number)
    if len(name.encode()) <= MAX_NAME_BYTES:
        yield name
