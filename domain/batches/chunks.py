"""The outcomes of a chunk of a batch, in a form that can be kept with an idempotency key."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from domain.batches.model import Outcome
from domain.buckets.errors import QuotaExceededError, QuotaFigures
from domain.errors import FileportError
from domain.files.model import File
from domain.idempotency.model import KeyClaim


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error as its `code` and `detail`, and the `figures` of a quota that was exceeded."""

    code: str
    detail: str
    figures: QuotaFigures | None = None

    def error(self) -> FileportError:
        """Return the error."""
        if self.code == QuotaExceededError.code:
            return QuotaExceededError(self.detail, self.figures)
        return FileportError.with_code(self.code)(self.detail)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome: a file, a refusal, or neither, where a file was deleted."""

    file: File | None = None
    refusal: Refusal | None = None


class DoneChunk(msgspec.Struct, frozen=True, kw_only=True):
    """The outcomes of a chunk, in their order, and the id of the claim under which it was done, if there was one."""

    claim: UUID | None
    results: tuple[Result, ...]

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcomes as they were first answered."""
        return [each.file if each.refusal is None else each.refusal.error() for each in self.results]


def done_chunk(claim: KeyClaim | None, outcomes: Sequence[Outcome]) -> DoneChunk:
    """Return the outcomes in the form to be kept."""
    return DoneChunk(claim=None if claim is None else claim.id, results=tuple(map(_result, outcomes)))


def _result(outcome: Outcome) -> Result:
    if isinstance(outcome, FileportError):
        figures = outcome.figures if isinstance(outcome, QuotaExceededError) else None
        return Result(refusal=Refusal(code=outcome.code, detail=outcome.detail, figures=figures))
    return Result(file=outcome)
