"""A batch goes through the catalog in chunks, and has an outcome for each operation."""

from collections.abc import Sequence
from uuid import uuid4

import msgspec
import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT, Caller
from domain.batches import apply_batch
from domain.batches.apply_batch import CHUNK, ApplyBatch
from domain.batches.chunks import DoneChunk, done_chunk
from domain.batches.errors import NotAttemptedError
from domain.batches.model import Change, Copy, Delete, Operation, Outcome
from domain.buckets.errors import InvalidBucketError
from domain.errors import (
    CatalogBusyError,
    CatalogUnavailableError,
    FileportError,
    InvalidInputError,
    OutcomeUnknownError,
    TooManyRequestsError,
    UnavailableError,
)
from domain.files.errors import InvalidNameError, NameTakenError, NoSuchFileError
from domain.files.model import Destination, File, Location
from domain.files.patches import FilePatch
from domain.idempotency.errors import IdempotencyKeyReusedError
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyClaim, KeyedRequest
from domain.links.errors import LinkPasswordError
from domain.uploads.errors import OffsetMismatchError
from domain.values.errors import RangeNotSatisfiableError
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import exists, stored
from tests.fakes.batches import FakeBatches
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.support.errors import domain_errors

TTL = 3600
# No operation of a batch ends in one of these.
UNKEPT = {FileportError, LinkPasswordError, OffsetMismatchError, RangeNotSatisfiableError, TooManyRequestsError}
REQUEST = KeyedRequest(caller="root", key="key", fingerprint="1" * 64)
UNKNOWN = OutcomeUnknownError("The catalog went away while a change was being committed.")


class FailingBatches(FakeBatches):
    """Fails at the `nth` chunk, from 0, after doing it where the outcome is unknown."""

    def __init__(self, database: FakeDatabase, failure: UnavailableError, nth: int) -> None:
        super().__init__(database)
        self._failure = failure
        self._nth = nth
        self.chunks: list[int] = []

    async def apply_batch(
        self, caller: Caller, operations: Sequence[Operation], claim: KeyClaim | None = None
    ) -> list[Outcome]:
        self.chunks.append(len(operations))
        fails = len(self.chunks) == self._nth + 1
        if fails and self._failure is not UNKNOWN:
            raise self._failure
        outcomes = await super().apply_batch(caller, operations, claim)
        if fails:
            raise self._failure
        return outcomes


def batch(catalog: FakeCatalog, batches: FakeBatches | None = None) -> ApplyBatch:
    return ApplyBatch(
        batches or catalog.batches,
        IdempotentExecutor(catalog.idempotency_keys, catalog.database.clock, lease=30, ttl=TTL),
    )


def kinds(outcomes: Sequence[Outcome]) -> list[type[object]]:
    return [type(outcome) for outcome in outcomes]


async def test_operations_go_in_their_order_chunk_by_chunk(catalog: FakeCatalog) -> None:
    file = await stored(catalog)
    count = 2 * CHUNK + 1
    changes = [Change(address=file.id, patch=FilePatch(tags=(str(number),))) for number in range(count)]
    outcomes = await batch(catalog)(ROOT, changes)
    assert [outcome.tags for outcome in outcomes if isinstance(outcome, File)] == [(str(n),) for n in range(count)]


async def test_an_invalid_operation_is_refused_before_the_catalog_is_asked(catalog: FakeCatalog) -> None:
    file = await stored(catalog, name="a")
    outcomes = await batch(catalog)(
        ROOT,
        [
            Delete(address=Location("default", "a\n")),
            Delete(address=Location("DEFAULT", "a")),
            Copy(address=file.id, to=Destination()),
            Copy(address=file.id, to=Destination(name="..")),
            Copy(address=file.id, to=Destination(bucket="-")),
            Delete(address=uuid4()),
            Delete(address=file.id),
        ],
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
    catalog.database.fail_with = CATALOG_DOWN
    assert kinds(await batch(catalog)(ROOT, [Delete(address=Location("default", ""))])) == [InvalidNameError]


@pytest.mark.parametrize("failure", [CATALOG_DOWN, CatalogBusyError("Every connection is in use.")])
async def test_a_catalog_that_fails_before_anything_was_done_fails_the_batch(
    catalog: FakeCatalog, failure: UnavailableError
) -> None:
    batches = FailingBatches(catalog.database, failure, 0)
    files = [await stored(catalog) for _ in range(CHUNK + 1)]
    with pytest.raises(type(failure)):
        await batch(catalog, batches)(ROOT, [Delete(address=file.id) for file in files])
    assert batches.chunks == [CHUNK]
    assert [await exists(catalog, file) for file in files] == [True] * len(files)


@pytest.mark.parametrize(("failure", "happened"), [(CATALOG_DOWN, False), (UNKNOWN, True)])
async def test_a_catalog_that_fails_midway_leaves_the_done_operations_and_ends_the_batch(
    catalog: FakeCatalog, failure: UnavailableError, happened: bool
) -> None:
    batches = FailingBatches(catalog.database, failure, 1)
    files = [await stored(catalog) for _ in range(3 * CHUNK)]
    operations: list[Operation] = [Delete(address=file.id) for file in files]
    # One operation of each chunk is refused by itself, and is not part of the failure.
    for index in (2 * CHUNK, CHUNK, 0):
        operations.insert(index, Delete(address=Location("default", "")))
    outcomes = await batch(catalog, batches)(ROOT, operations)
    by_itself = [outcome for outcome in outcomes if isinstance(outcome, InvalidNameError)]
    assert len(by_itself) == 3
    assert kinds([outcome for outcome in outcomes if not isinstance(outcome, InvalidNameError)]) == (
        [type(None)] * CHUNK + [type(failure)] * CHUNK + [NotAttemptedError] * CHUNK
    )
    assert batches.chunks == [CHUNK, CHUNK]
    gone = [not await exists(catalog, file) for file in files]
    assert gone == [True] * CHUNK + [happened] * CHUNK + [False] * CHUNK


async def test_an_outcome_that_is_unknown_from_the_beginning_is_the_outcome_of_each_operation(
    catalog: FakeCatalog,
) -> None:
    batches = FailingBatches(catalog.database, UNKNOWN, 0)
    files = [await stored(catalog) for _ in range(CHUNK + 2)]
    outcomes = await batch(catalog, batches)(ROOT, [Delete(address=file.id) for file in files])
    assert kinds(outcomes) == [OutcomeUnknownError] * CHUNK + [NotAttemptedError] * 2


# Sent again


async def copies(catalog: FakeCatalog, count: int) -> list[Operation]:
    """Return copies of one file, each to a name of its own, of which one is there already."""
    file = await stored(catalog, name="0")
    return [Copy(address=file.id, to=Destination(name=str(number))) for number in range(count)]


async def test_a_batch_that_is_sent_again_gets_the_same_outcomes(catalog: FakeCatalog) -> None:
    operations = await copies(catalog, 2 * CHUNK + 1)
    first = await batch(catalog)(ROOT, operations, REQUEST)
    assert kinds(first) == [NameTakenError] + [File] * (2 * CHUNK)
    await catalog.files.delete_file(ROOT, file_of(first[1]).id, NO_PRECONDITION)
    again = await batch(catalog)(ROOT, operations, REQUEST)
    assert comparable(again) == comparable(first)
    assert kinds(again) == kinds(first)
    assert not await exists(catalog, file_of(first[1]))


@pytest.mark.parametrize("failure", [CATALOG_DOWN, UNKNOWN])
@pytest.mark.parametrize("nth", [0, 1, 2])
async def test_a_batch_that_was_cut_short_goes_on_when_it_is_sent_again(
    catalog: FakeCatalog, failure: UnavailableError, nth: int
) -> None:
    batches = FailingBatches(catalog.database, failure, nth)
    operations = await copies(catalog, 3 * CHUNK)
    if nth == 0 and failure is CATALOG_DOWN:
        with pytest.raises(CatalogUnavailableError):
            await batch(catalog, batches)(ROOT, operations, REQUEST)
    else:
        assert kinds(await batch(catalog, batches)(ROOT, operations, REQUEST))[nth * CHUNK] is type(failure)
    whole = await batch(catalog, batches)(ROOT, operations, REQUEST)
    assert kinds(whole) == [NameTakenError] + [File] * (3 * CHUNK - 1)
    assert comparable(await batch(catalog, batches)(ROOT, operations, REQUEST)) == comparable(whole)
    assert sum(batches.chunks) == 3 * CHUNK + (CHUNK if failure is CATALOG_DOWN else 0)


async def test_outcomes_of_chunks_of_another_length_are_repeated(
    catalog: FakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = await copies(catalog, 10)
    with monkeypatch.context() as other_release:
        other_release.setattr(apply_batch, "CHUNK", 3)
        first = await batch(catalog)(ROOT, operations, REQUEST)
    assert comparable(await batch(catalog)(ROOT, operations, REQUEST)) == comparable(first)


async def test_a_batch_gets_no_outcomes_of_another_one_whose_key_has_expired(catalog: FakeCatalog) -> None:
    operations = await copies(catalog, CHUNK + 2)
    first = await batch(catalog)(ROOT, operations, REQUEST)
    other = replace(REQUEST, fingerprint="2" * 64)
    with pytest.raises(IdempotencyKeyReusedError):
        await batch(catalog)(ROOT, operations, other)
    # The first chunk's time is over, that of the second is not.
    catalog.database.keys["root", "key"].expires_at = catalog.database.clock.now()
    assert kinds(await batch(catalog)(ROOT, operations, other)) == [NameTakenError] * len(operations)
    catalog.database.keys["root", "key"].expires_at = catalog.database.clock.now()
    for file in first[1:]:
        await catalog.files.delete_file(ROOT, file_of(file).id, NO_PRECONDITION)
    assert kinds(await batch(catalog)(ROOT, operations, REQUEST)) == kinds(first)


@pytest.mark.parametrize("kind", [kind for kind in domain_errors() if "code" in vars(kind) and kind not in UNKEPT])
def test_a_refusal_is_the_same_after_it_was_kept(kind: type[FileportError]) -> None:
    kept = msgspec.to_builtins(done_chunk(None, [kind("Détail.")]))
    [outcome] = msgspec.convert(kept, DoneChunk).outcomes
    assert (type(outcome), str(outcome)) == (kind, "Détail.")


def file_of(outcome: Outcome) -> File:
    assert isinstance(outcome, File)
    return outcome


def comparable(outcomes: Sequence[Outcome]) -> list[object]:
    """Return the outcomes, with errors as their code and detail."""
    return [(each.code, each.detail) if isinstance(each, FileportError) else each for each in outcomes]
