"""Idempotency keys: how they are claimed, kept and given up."""

import anyio
import pytest

from domain.access.callers import ROOT
from domain.errors import CatalogUnavailableError, LeaseLostError, OutcomeUnknownError
from domain.files.copy_file import CopyFile
from domain.files.errors import NameTakenError
from domain.files.model import Destination, File
from domain.idempotency.errors import IdempotencyKeyInUseError
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyClaim, KeyedRequest, KeyRecord, fingerprint
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import stored
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.fakes.files import FakeFiles
from tests.fakes.idempotency import FakeIdempotencyKeys

LEASE = 30.0
TTL = 3600.0
REQUEST = KeyedRequest(caller="root", key="k", fingerprint="1" * 64)


@pytest.fixture
def idempotent(catalog: FakeCatalog, clock: FakeClock) -> IdempotentExecutor:
    return IdempotentExecutor(catalog.idempotency_keys, clock, lease=LEASE, ttl=TTL)


@pytest.fixture
async def original(catalog: FakeCatalog) -> File:
    return await stored(catalog, name="original")


def test_requests_with_any_different_part_have_different_fingerprints() -> None:
    requests = [(("a", "b"), b"c"), (("a", "bc"), b""), (("ab", ""), b"c"), (("a", "b", ""), b"c"), (("b", "a"), b"c")]
    assert len({fingerprint(*each) for each in requests}) == len(requests)
    assert fingerprint(("a", "b"), b"c") == fingerprint(("a", "b"), b"c")


# Attempts


async def test_without_a_key_the_catalog_is_not_asked(
    database: FakeDatabase, idempotent: IdempotentExecutor, original: File
) -> None:
    async def change(claim: KeyClaim | None) -> File:
        assert claim is None
        return original

    database.fail_with = CATALOG_DOWN
    assert await idempotent(None, File, change) == original


async def test_a_repeat_gets_the_first_result_and_changes_nothing(
    files: FakeFiles, idempotent: IdempotentExecutor, original: File
) -> None:
    copy_file = CopyFile(files, idempotent)
    first = await copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, REQUEST)
    await files.delete_file(ROOT, first.id, NO_PRECONDITION)
    assert await copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, REQUEST) == first


async def test_a_request_that_is_refused_leaves_its_key(
    files: FakeFiles, idempotent: IdempotentExecutor, original: File
) -> None:
    copy_file = CopyFile(files, idempotent)
    with pytest.raises(NameTakenError):
        await copy_file(ROOT, original.id, Destination(name="original"), NO_PRECONDITION, REQUEST)
    corrected = KeyedRequest(caller="root", key="k", fingerprint="2" * 64)
    assert (await copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, corrected)).name == "copy"


async def test_an_attempt_keeps_its_key_for_as_long_as_it_takes(
    files: FakeFiles, clock: FakeClock, idempotent: IdempotentExecutor, original: File
) -> None:
    async def slowly(claim: KeyClaim | None) -> File:
        for _ in range(10):
            clock.advance(LEASE / 2)
            await idempotent.renew_due()
            with pytest.raises(IdempotencyKeyInUseError):
                await idempotent(REQUEST, File, slowly)
        return await files.copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, claim)

    assert (await idempotent(REQUEST, File, slowly)).name == "copy"


async def test_leases_are_renewed_only_when_they_are_due(
    database: FakeDatabase, clock: FakeClock, idempotent: IdempotentExecutor, original: File
) -> None:
    async def change(_: KeyClaim | None) -> File:
        [row] = database.keys.values()
        clock.advance(LEASE / 2 - 1)
        until = row.lease_until
        await idempotent.renew_due()
        assert row.lease_until == until
        clock.advance(1)
        await idempotent.renew_due()
        assert row.lease_until != until
        return original

    await idempotent(REQUEST, File, change)
    database.fail_with = CATALOG_DOWN
    clock.advance(LEASE)
    await idempotent.renew_due()  # nothing is claimed any more, so the catalog is not asked


async def test_a_stalled_claim_is_taken_over_and_changes_nothing(
    catalog: FakeCatalog, clock: FakeClock, idempotent: IdempotentExecutor, original: File
) -> None:
    copy_file = CopyFile(catalog.files, idempotent)
    copies: list[File] = []

    async def stalled(claim: KeyClaim | None) -> File:
        clock.advance(LEASE)
        copies.append(await copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, REQUEST))
        return await catalog.files.copy_file(ROOT, original.id, Destination(name="late"), NO_PRECONDITION, claim)

    with pytest.raises(LeaseLostError):
        await idempotent(REQUEST, File, stalled)
    assert await copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, REQUEST) == copies[0]
    assert (await catalog.buckets.get_bucket("default")).usage.files == 2


async def test_a_change_of_unknown_outcome_that_happened_is_found(
    files: FakeFiles, idempotent: IdempotentExecutor, original: File
) -> None:
    async def change(claim: KeyClaim | None) -> File:
        await files.copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, claim)
        raise OutcomeUnknownError("The catalog went away.")

    with pytest.raises(OutcomeUnknownError):
        await idempotent(REQUEST, File, change)
    copy = await idempotent(REQUEST, File, change)
    assert copy == await files.get_file_by_name("default", "copy")


async def test_a_change_of_unknown_outcome_that_did_not_happen_is_done(
    files: FakeFiles, idempotent: IdempotentExecutor, original: File
) -> None:
    async def lost(_: KeyClaim | None) -> File:
        raise OutcomeUnknownError("The catalog went away.")

    with pytest.raises(OutcomeUnknownError):
        await idempotent(REQUEST, File, lost)
    copy = await CopyFile(files, idempotent)(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, REQUEST)
    assert copy.name == "copy"


async def test_a_claim_of_unknown_outcome_is_given_up_and_nothing_is_done(database: FakeDatabase) -> None:
    keys = ClaimLosingKeys(database)
    with pytest.raises(CatalogUnavailableError):
        await IdempotentExecutor(keys, database.clock, lease=LEASE, ttl=TTL)(REQUEST, File, _never)
    assert not database.keys


async def test_a_key_that_cannot_be_given_up_is_free_when_its_lease_ends(
    catalog: FakeCatalog, clock: FakeClock, idempotent: IdempotentExecutor, original: File
) -> None:
    async def change(_: KeyClaim | None) -> File:
        catalog.database.fail_with = CATALOG_DOWN
        raise CATALOG_DOWN

    with pytest.raises(CatalogUnavailableError):
        await idempotent(REQUEST, File, change)
    catalog.database.fail_with = None
    copy_file = CopyFile(catalog.files, idempotent)
    with pytest.raises(IdempotencyKeyInUseError):
        await copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, REQUEST)
    clock.advance(LEASE)
    assert (await copy_file(ROOT, original.id, Destination(name="copy"), NO_PRECONDITION, REQUEST)).name == "copy"


async def test_an_attempt_that_is_cancelled_gives_its_key_up(
    database: FakeDatabase, idempotent: IdempotentExecutor
) -> None:
    with anyio.CancelScope() as scope:

        async def change(_: KeyClaim | None) -> File:
            scope.cancel()
            await anyio.lowlevel.checkpoint()
            pytest.fail("It was not cancelled.")

        await idempotent(REQUEST, File, change)
    assert scope.cancelled_caught
    assert not database.keys


async def test_a_claim_that_is_cancelled_is_given_up(database: FakeDatabase) -> None:
    with anyio.CancelScope() as scope:
        keys = CancellingKeys(database, scope)
        await IdempotentExecutor(keys, database.clock, lease=LEASE, ttl=TTL)(REQUEST, File, _never)
    assert scope.cancelled_caught
    assert not database.keys


class ClaimLosingKeys(FakeIdempotencyKeys):
    """Goes away after it has claimed a key."""

    async def claim_key(self, claim: KeyClaim, fingerprint: str, *, lease: float) -> KeyRecord | None:
        await super().claim_key(claim, fingerprint, lease=lease)
        raise OutcomeUnknownError("The catalog went away.")


class CancellingKeys(FakeIdempotencyKeys):
    """Cancels its caller after it has claimed a key."""

    def __init__(self, database: FakeDatabase, scope: anyio.CancelScope) -> None:
        super().__init__(database)
        self._scope = scope

    async def claim_key(self, claim: KeyClaim, fingerprint: str, *, lease: float) -> KeyRecord | None:
        record = await super().claim_key(claim, fingerprint, lease=lease)
        self._scope.cancel()
        await anyio.lowlevel.checkpoint()
        return record


async def _never(_: KeyClaim | None) -> File:
    pytest.fail("It is not done.")
