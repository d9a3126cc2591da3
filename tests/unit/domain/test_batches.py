"""A batch goes through the catalog in chunks, and says of each operation what became of it."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from domain.errors import (
    CatalogBusyError,
    InvalidBucketError,
    InvalidInputError,
    InvalidNameError,
    NoSuchFileError,
    NotAttemptedError,
    OutcomeUnknownError,
    UnavailableError,
)
from domain.model.batches import Change, Copy, Delete, Operation, Outcome
from domain.model.files import Destination, File, Location
from domain.model.patches import FilePatch
from domain.usecases.apply_batch import CHUNK, ApplyBatch
from tests.contracts.catalog import exists, stored
from tests.unit.fakes import CATALOG_DOWN, FakeCatalog

UNKNOWN = OutcomeUnknownError("The catalog went away while a change was being committed.")


class FailingCatalog(FakeCatalog):
    """Fails at the `nth` chunk, from 0, after doing it where the outcome is unknown."""

    def __init__(self, failure: UnavailableError, nth: int) -> None:
        super().__init__()
        self._failure = failure
        self._nth = nth
        self.chunks: list[int] = []

    async def apply_batch(self, operations: Sequence[Operation]) -> list[Outcome]:
        self.chunks.append(len(operations))
        fails = len(self.chunks) == self._nth + 1
        if fails and self._failure is not UNKNOWN:
            raise self._failure
        outcomes = await super().apply_batch(operations)
        if fails:
            raise self._failure
        return outcomes


def kinds(outcomes: Sequence[Outcome]) -> list[type[object]]:
    return [type(outcome) for outcome in outcomes]


async def test_operations_go_in_their_order_chunk_by_chunk(catalog: FakeCatalog) -> None:
    file = await stored(catalog)
    count = 2 * CHUNK + 1
    changes = [Change(address=file.id, patch=FilePatch(tags=(str(number),))) for number in range(count)]
    outcomes = await ApplyBatch(catalog)(changes)
    assert [outcome.tags for outcome in outcomes if isinstance(outcome, File)] == [(str(n),) for n in range(count)]


async def test_what_no_file_can_have_is_refused_before_the_catalog_is_asked(catalog: FakeCatalog) -> None:
    file = await stored(catalog, name="a")
    outcomes = await ApplyBatch(catalog)(
        [
            Delete(address=Location("default", "a//b")),
            Delete(address=Location("DEFAULT", "a")),
            Copy(address=file.id, to=Destination()),
            Copy(address=file.id, to=Destination(name="..")),
            Copy(address=file.id, to=Destination(bucket="-")),
            Delete(address=uuid4()),
            Delete(address=file.id),
        ]
    )
    assert kinds(outcomes) == [
        InvalidNameError,
        InvalidBucketError,
        InvalidInputError,
        InvalidNameError,
        InvalidBucketError,
        NoSuchFileError,
        type(None),
    ]


async def test_a_batch_that_is_refused_altogether_needs_no_catalog(catalog: FakeCatalog) -> None:
    catalog.fail_with = CATALOG_DOWN
    assert kinds(await ApplyBatch(catalog)([Delete(address=Location("default", ""))])) == [InvalidNameError]


@pytest.mark.parametrize("failure", [CATALOG_DOWN, CatalogBusyError("Every connection is in use.")])
async def test_a_catalog_that_fails_before_anything_was_done_fails_the_batch(failure: UnavailableError) -> None:
    catalog = FailingCatalog(failure, 0)
    files = [await stored(catalog) for _ in range(CHUNK + 1)]
    with pytest.raises(type(failure)):
        await ApplyBatch(catalog)([Delete(address=file.id) for file in files])
    assert catalog.chunks == [CHUNK]
    assert [await exists(catalog, file) for file in files] == [True] * len(files)


@pytest.mark.parametrize(("failure", "happened"), [(CATALOG_DOWN, False), (UNKNOWN, True)])
async def test_a_catalog_that_fails_midway_leaves_what_was_done_and_ends_the_batch(
    failure: UnavailableError, happened: bool
) -> None:
    catalog = FailingCatalog(failure, 1)
    files = [await stored(catalog) for _ in range(3 * CHUNK)]
    operations: list[Operation] = [Delete(address=file.id) for file in files]
    # One that is refused by itself, in each chunk, is no part of what fails.
    for place in (2 * CHUNK, CHUNK, 0):
        operations.insert(place, Delete(address=Location("default", "")))
    outcomes = await ApplyBatch(catalog)(operations)
    by_itself = [outcome for outcome in outcomes if isinstance(outcome, InvalidNameError)]
    assert len(by_itself) == 3
    assert kinds([outcome for outcome in outcomes if not isinstance(outcome, InvalidNameError)]) == (
        [type(None)] * CHUNK + [type(failure)] * CHUNK + [NotAttemptedError] * CHUNK
    )
    assert catalog.chunks == [CHUNK, CHUNK]
    gone = [not await exists(catalog, file) for file in files]
    assert gone == [True] * CHUNK + [happened] * CHUNK + [False] * CHUNK


async def test_an_outcome_that_is_unknown_from_the_beginning_is_told_for_each_operation() -> None:
    catalog = FailingCatalog(UNKNOWN, 0)
    files = [await stored(catalog) for _ in range(CHUNK + 2)]
    outcomes = await ApplyBatch(catalog)([Delete(address=file.id) for file in files])
    assert kinds(outcomes) == [OutcomeUnknownError] * CHUNK + [NotAttemptedError] * 2
