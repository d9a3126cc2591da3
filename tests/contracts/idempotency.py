"""The contract of `domain.idempotency.ports.IdempotencyKeys`."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from domain.access.callers import ROOT
from domain.batches.chunks import DoneChunk, done_chunk
from domain.batches.model import Copy, Delete, Operation
from domain.blobs.model import new_blob_key
from domain.buckets.errors import QuotaExceededError
from domain.buckets.model import Bucket, Policy, Usage
from domain.direct_uploads.model import DirectUpload, NewDirectUpload
from domain.errors import LeaseLostError
from domain.files.model import Destination, File, Location, Stored
from domain.idempotency.model import KeyClaim, KeyRecord
from domain.jobs.model import Job, PrefixDestination, Task
from domain.uploads.model import NewUpload, Upload
from domain.values.digests import Digest
from domain.values.ids import new_id
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import LEASE, CatalogPorts, exists, reserved, stored, usage
from tests.support.access import ALL_SHOWN
from tests.support.factories import NewFileFactory

TTL = 3600.0
ONE, OTHER = "1" * 64, "2" * 64

METADATA: dict[str, Any] = {"text": "é 🎵 \\ \u2028", "numbers": [1, 1.5, 2**64, 10**40, -1e-7], "": [None, {}, True]}


def claim_of(key: str = "key", *, caller: str = "root", ttl: float = TTL) -> KeyClaim:
    """Return a claim that nobody has made yet."""
    return KeyClaim(id=uuid4(), caller=caller, key=key, ttl=ttl)


async def claimed(catalog: CatalogPorts, key: str = "key", *, lease: float = LEASE, ttl: float = TTL) -> KeyClaim:
    """Claim a key that is free."""
    claim = claim_of(key, ttl=ttl)
    assert await catalog.idempotency_keys.claim_key(claim, ONE, lease=lease) is None
    return claim


async def finished(catalog: CatalogPorts, key: str = "key", *, ttl: float = TTL) -> File:
    """Claim a key that is free, and store a file with it."""
    return await store(catalog, await claimed(catalog, key, ttl=ttl))


async def look(catalog: CatalogPorts, key: str = "key", fingerprint: str = ONE) -> KeyRecord | None:
    """Return what is in the way of a claim to the key, and make the claim where nothing is."""
    return await catalog.idempotency_keys.claim_key(claim_of(key), fingerprint, lease=LEASE)


async def store(catalog: CatalogPorts, claim: KeyClaim) -> File:
    """Store a file."""
    return (await catalog.files.commit_file(NewFileFactory.build(), await reserved(catalog), claim)).file


async def copy(catalog: CatalogPorts, claim: KeyClaim) -> File:
    """Copy the file `original`."""
    original = await catalog.files.get_file_by_name("default", "original")
    return await catalog.files.copy_file(
        ROOT, original.id, Destination(name=f"copy-{claim.id}"), NO_PRECONDITION, claim
    )


async def put(catalog: CatalogPorts, claim: KeyClaim) -> tuple[Bucket, bool]:
    """Make a bucket."""
    return await catalog.buckets.put_bucket(
        f"bucket-{claim.id}", Policy(allowed_types=("audio/*",), quota_bytes=1), claim
    )


async def replace(catalog: CatalogPorts, claim: KeyClaim) -> tuple[Bucket, bool]:
    """Replace a bucket's policy by a new one."""
    return await catalog.buckets.put_bucket("default", Policy(max_file_size=100), claim)


async def start(catalog: CatalogPorts, claim: KeyClaim) -> Job:
    """Start a job."""
    to = PrefixDestination(bucket="default", prefix="b/")
    return await catalog.jobs.create_job("root", Task(kind="move", bucket="default", prefix="a/", to=to), claim)


async def begin(catalog: CatalogPorts, claim: KeyClaim) -> DirectUpload:
    """Open a direct upload."""
    blob = await reserved(catalog)
    file = NewFileFactory.build(size=2, metadata=METADATA, tags=("b",), digests=(Digest("sha-256", bytes(range(32))),))
    new = NewDirectUpload(file=file, part_size=1, key=blob.key, multipart_id="parts")
    return await catalog.direct_uploads.open_direct_upload(new, claim, life=LEASE, lease=LEASE)


async def begin_resumable(catalog: CatalogPorts, claim: KeyClaim) -> Upload:
    """Begin a resumable upload."""
    target = NewFileFactory.build(metadata=METADATA, tags=("b",), precondition=Precondition(if_none_match=()))
    new = NewUpload(target=target, length=10, given="filename w6kveA==")
    return await catalog.uploads.create_upload(new, claim, id=new_id(), blob_key=new_blob_key(), ttl=LEASE)


async def batch(catalog: CatalogPorts, claim: KeyClaim) -> DoneChunk:
    """Copy the file `original`, and delete one that is not there."""
    operations: list[Operation] = [
        Copy(address=Location("default", "original"), to=Destination(name=f"copy-{claim.id}")),
        Delete(address=claim.id),
    ]
    return done_chunk(claim, await catalog.batches.apply_batch(ROOT, operations, claim))


CHANGES = [store, copy, put, replace, start, begin, begin_resumable, batch]
Change = Callable[[CatalogPorts, KeyClaim], Awaitable[Any]]


class TestIdempotencyKeys:
    # Claims

    async def test_a_key_is_claimed_by_one_at_a_time(self, catalog: CatalogPorts) -> None:
        await claimed(catalog)
        for _ in range(2):
            assert await look(catalog) == KeyRecord(fingerprint=ONE, is_finished=False)

    async def test_a_key_of_another_request_says_so(self, catalog: CatalogPorts) -> None:
        await claimed(catalog)
        record = await look(catalog, fingerprint=OTHER)
        assert record == KeyRecord(fingerprint=ONE, is_finished=False)

    async def test_keys_are_told_apart_exactly(self, catalog: CatalogPorts) -> None:
        for key in ("key", "Key", "key ", " key", "k%y", '"key"', "~" * 255):
            await claimed(catalog, key)

    async def test_a_key_is_its_callers_own(self, catalog: CatalogPorts) -> None:
        await claimed(catalog)
        assert await catalog.idempotency_keys.claim_key(claim_of(caller="other"), OTHER, lease=LEASE) is None

    async def test_a_claim_that_was_given_up_leaves_its_key_to_any_request(self, catalog: CatalogPorts) -> None:
        claim = await claimed(catalog)
        await catalog.idempotency_keys.give_up_claim(claim)
        await catalog.idempotency_keys.give_up_claim(claim)
        assert await look(catalog, fingerprint=OTHER) is None

    async def test_nobody_gives_up_the_claim_of_another(self, catalog: CatalogPorts) -> None:
        await claimed(catalog)
        await catalog.idempotency_keys.give_up_claim(claim_of())
        assert await look(catalog) is not None

    # Leases

    async def test_a_claim_whose_lease_ended_is_taken_over_by_the_same_request_only(
        self, catalog: CatalogPorts
    ) -> None:
        await claimed(catalog, lease=0)
        assert await look(catalog, fingerprint=OTHER) == KeyRecord(fingerprint=ONE, is_finished=False)
        assert await look(catalog) is None
        assert await look(catalog) is not None

    async def test_a_lease_is_renewed_as_long_as_the_claim_holds(self, catalog: CatalogPorts) -> None:
        claims = [await claimed(catalog, key, lease=0, ttl=0) for key in ("b", "a", "given up", "taken")]
        await catalog.idempotency_keys.give_up_claim(claims[2])
        assert await look(catalog, "taken") is None
        await catalog.idempotency_keys.renew_claims(claims, lease=LEASE)
        assert await catalog.idempotency_keys.forget_keys(limit=10) == 0
        assert await look(catalog, "a") is not None
        assert await look(catalog, "b") is not None
        assert await look(catalog, "given up") is None
        # The claim of another is not renewed: its lease may be ended, and the key taken over again.
        await catalog.idempotency_keys.renew_claims(claims, lease=0)
        assert await look(catalog, "taken") is not None

    async def test_what_has_finished_is_not_renewed(self, catalog: CatalogPorts) -> None:
        claim = await claimed(catalog, ttl=0)
        await store(catalog, claim)
        await catalog.idempotency_keys.renew_claims([claim], lease=LEASE)
        assert await catalog.idempotency_keys.forget_keys(limit=10) == 1

    # Results

    async def test_a_stored_file_is_the_result(self, catalog: CatalogPorts) -> None:
        claim = await claimed(catalog)
        new = NewFileFactory.build(metadata=METADATA, tags=("b", "a"))
        result = await catalog.files.commit_file(new, await reserved(catalog), claim)
        record = await look(catalog)
        assert record is not None
        assert record.is_finished
        assert msgspec.convert(record.result, Stored) == result

    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            (copy, File),
            (put, tuple[Bucket, bool]),
            (replace, tuple[Bucket, bool]),
            (start, Job),
            (begin, DirectUpload),
            (begin_resumable, Upload),
            (batch, DoneChunk),
        ],
    )
    async def test_what_was_made_is_the_result(self, catalog: CatalogPorts, change: Change, kind: Any) -> None:
        await stored(catalog, name="original")
        result = await change(catalog, await claimed(catalog))
        record = await look(catalog)
        assert record is not None
        assert record.is_finished
        assert msgspec.convert(record.result, kind) == result

    async def test_a_bucket_that_has_the_policy_already_is_the_result_too(self, catalog: CatalogPorts) -> None:
        bucket = await catalog.buckets.get_bucket("default")
        assert await catalog.buckets.put_bucket("default", bucket.policy, await claimed(catalog)) == (bucket, False)
        record = await look(catalog)
        assert record is not None
        assert msgspec.convert(record.result, tuple[Bucket, bool]) == (bucket, False)

    async def test_a_result_stays_what_it_was(self, catalog: CatalogPorts) -> None:
        file = await finished(catalog)
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        record = await look(catalog)
        assert record is not None
        assert msgspec.convert(record.result, Stored).file == file

    async def test_a_result_is_not_given_up(self, catalog: CatalogPorts) -> None:
        claim = await claimed(catalog)
        await store(catalog, claim)
        await catalog.idempotency_keys.give_up_claim(claim)
        assert await look(catalog) is not None

    async def test_a_commit_with_a_claim_may_be_repeated(self, catalog: CatalogPorts) -> None:
        new, blob, claim = NewFileFactory.build(), await reserved(catalog), await claimed(catalog)
        first = await catalog.files.commit_file(new, blob, claim)
        assert await catalog.files.commit_file(new, blob, claim) == first
        assert await usage(catalog) == Usage(bytes=blob.size, files=1)

    async def test_a_change_that_is_refused_finishes_nothing(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("small", Policy(quota_bytes=0))
        claim = await claimed(catalog)
        with pytest.raises(QuotaExceededError):
            await catalog.files.commit_file(
                NewFileFactory.build(bucket="small"), await reserved(catalog, size=1), claim
            )
        assert await look(catalog) == KeyRecord(fingerprint=ONE, is_finished=False)
        await store(catalog, claim)

    # Claims that do not hold

    @pytest.mark.parametrize("change", CHANGES)
    async def test_a_claim_makes_one_change(self, catalog: CatalogPorts, change: Change) -> None:
        claim = await claimed(catalog)
        first = await store(catalog, claim)
        await self._does_nothing(catalog, change, claim)
        record = await look(catalog)
        assert record is not None
        assert msgspec.convert(record.result, Stored).file == first

    @pytest.mark.parametrize("change", CHANGES)
    async def test_a_claim_that_was_taken_over_or_given_up_changes_nothing(
        self, catalog: CatalogPorts, change: Change
    ) -> None:
        late = await claimed(catalog, lease=0)
        successor = await claimed(catalog)
        await self._does_nothing(catalog, change, late)
        await catalog.idempotency_keys.give_up_claim(late)
        await store(catalog, successor)
        given_up = await claimed(catalog, "other")
        await catalog.idempotency_keys.give_up_claim(given_up)
        await self._does_nothing(catalog, change, given_up)

    async def _does_nothing(self, catalog: CatalogPorts, change: Change, claim: KeyClaim) -> None:
        await stored(catalog, name="original")
        before = await self._all(catalog)
        with pytest.raises(LeaseLostError):
            await change(catalog, claim)
        assert await self._all(catalog) == before

    async def _all(self, catalog: CatalogPorts) -> tuple[object, ...]:
        return (
            await catalog.buckets.list_buckets(["*"], after=None, limit=100),
            await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=100),
            await catalog.direct_uploads.list_direct_uploads(ALL_SHOWN, after=None, limit=100),
            await catalog.uploads.list_uploads(ALL_SHOWN, bucket=None, after=None, limit=100),
        )

    async def test_a_lease_that_ended_does_no_harm_until_the_key_is_taken_over(self, catalog: CatalogPorts) -> None:
        claim = await claimed(catalog, lease=0)
        assert await exists(catalog, await store(catalog, claim))

    # Expiry

    async def test_a_key_is_free_again_when_its_time_is_over(self, catalog: CatalogPorts) -> None:
        await finished(catalog, ttl=0)
        assert await look(catalog, fingerprint=OTHER) is None
        assert await look(catalog) == KeyRecord(fingerprint=OTHER, is_finished=False)

    async def test_a_record_outlives_its_lease(self, catalog: CatalogPorts) -> None:
        claim = await claimed(catalog, ttl=0)
        assert await catalog.idempotency_keys.forget_keys(limit=10) == 0
        assert await look(catalog, fingerprint=OTHER) == KeyRecord(fingerprint=ONE, is_finished=False)
        assert await exists(catalog, await store(catalog, claim))

    async def test_so_many_records_that_have_expired_are_forgotten(self, catalog: CatalogPorts) -> None:
        await finished(catalog, "kept")
        for key in "abc":
            await finished(catalog, key, ttl=0)
        await claimed(catalog, "lapsed", lease=0, ttl=0)
        await claimed(catalog, "in flight", ttl=0)
        assert [await catalog.idempotency_keys.forget_keys(limit=3) for _ in range(3)] == [3, 1, 0]
        assert await look(catalog, "kept") is not None
        assert await look(catalog, "in flight") is not None

    async def test_a_claim_whose_record_was_forgotten_changes_nothing(self, catalog: CatalogPorts) -> None:
        claim = await claimed(catalog, lease=0, ttl=0)
        assert await catalog.idempotency_keys.forget_keys(limit=10) == 1
        await self._does_nothing(catalog, store, claim)
