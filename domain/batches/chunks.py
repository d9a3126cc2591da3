"""What a chunk of a batch came to, in a form that can be kept with an idempotency key."""

from collections.abc import Iterator, Sequence
from functools import cache
from uuid import UUID

import msgspec

from domain.batches.model import Outcome
from domain.errors import FileportError
from domain.files.model import File
from domain.idempotency.model import KeyClaim


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error by its `code`, and its `detail`."""

    code: str
    detail: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome: a file, or a refusal, or neither, of what was deleted."""

    file: File | None = None
    refusal: Refusal | None = None


class DoneChunk(msgspec.Struct, frozen=True, kw_only=True):
    """The outcomes of a chunk, in their order, and the id of the claim that it was done with, if there was one."""

    claim: UUID | None
    results: tuple[Result, ...]

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcomes as they were told."""
        return [each.file if each.refusal is None else _error(each.refusal) for each in self.results]


def done_chunk(claim: KeyClaim | None, outcomes: Sequence[Outcome]) -> DoneChunk:
    """Return the outcomes in the form to be kept."""
    return DoneChunk(claim=None if claim is None else claim.id, results=tuple(map(_result, outcomes)))


def _result(outcome: Outcome) -> Result:
    if isinstance(outcome, FileportError):
        return Result(refusal=Refusal(code=outcome.code, detail=outcome.detail))
    return Result(file=outcome)


def _error(refusal: Refusal) -> FileportError:
    return _kind(refusal.code)(refusal.detail)


@cache
def _kind(code: str) -> type[FileportError]:
    return next(each for each in _kinds(FileportError) if each.code == code)


def _kinds(root: type[FileportError]) -> Iterator[type[FileportError]]:
    yield root
    for each in root.__subclasses__():
        yield from _kinds(each)
