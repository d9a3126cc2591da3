"""The contract of `domain.batches.ports.Batches`."""

from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.batches.model import Change, Copy, Delete, Operation
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError, QuotaExceededError, TypeNotAllowedError
from domain.buckets.model import Policy, Usage
from domain.errors import PreconditionFailedError
from domain.files.errors import (
    InvalidExpiryError,
    InvalidMetadataError,
    InvalidNameError,
    NameTakenError,
    NoSuchFileError,
)
from domain.files.model import Destination, File, Location
from domain.files.patches import FilePatch
from domain.files.search.model import FileQuery
from domain.values.preconditions import Precondition
from tests.contracts.setup import PAST, CatalogPorts, claims, exists, expired, stored, usage


async def done(catalog: CatalogPorts, *operations: Operation) -> list[File]:
    """Do operations that make or change a file each, and return those."""
    outcomes = await catalog.batches.apply_batch(ROOT, operations)
    files = [outcome for outcome in outcomes if isinstance(outcome, File)]
    assert len(files) == len(operations), outcomes
    return files


async def refused(catalog: CatalogPorts, *operations: Operation) -> list[type[object]]:
    """Do operations that are all refused, and return the errors' types."""
    return [type(outcome) for outcome in await catalog.batches.apply_batch(ROOT, operations)]


class TestBatches:
    async def test_a_batch_without_operations_does_nothing(self, catalog: CatalogPorts) -> None:
        assert await catalog.batches.apply_batch(ROOT, []) == []

    async def test_deleted_files_are_gone_with_their_bytes(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, size=3) for _ in range(3)]
        kept = await stored(catalog, size=2)
        assert await catalog.batches.apply_batch(ROOT, [Delete(address=file.id) for file in files]) == [None] * 3
        assert [await exists(catalog, file) for file in [*files, kept]] == [False] * 3 + [True]
        assert set(await claims(catalog)) == {file.blob_key for file in files}
        assert await usage(catalog) == Usage(bytes=2, files=1)

    async def test_expired_files_take_no_room_from_a_batch(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await expired(catalog, bucket="songs", size=10)
        file, other = await stored(catalog, name="a", size=5), await stored(catalog, name="b", size=5)
        to_songs = Copy(address=other.id, to=Destination(bucket="songs"))
        await done(catalog, Change(address=file.id, patch=FilePatch(bucket="songs")), to_songs)
        assert await usage(catalog, "songs") == Usage(bytes=10, files=2)
        assert await refused(catalog, Copy(address=other.id, to=Destination(bucket="songs", name="c"))) == [
            QuotaExceededError
        ]

    async def test_files_are_named_by_id_or_by_place(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, name=name) for name in ("a", "b", "c/d", "é")]
        outcomes = await catalog.batches.apply_batch(
            ROOT,
            [
                Delete(address=Location("default", "a")),
                Delete(address=files[1].id),
                Change(address=Location("default", "c/d"), patch=FilePatch(tags=("t",))),
                Copy(address=Location("default", "é"), to=Destination(name="f")),
                Delete(address=Location("default", "nothing")),
                Delete(address=Location("nowhere", "a")),
            ],
        )
        assert outcomes[:2] == [None, None]
        assert [file.name for file in outcomes[2:4] if isinstance(file, File)] == ["c/d", "f"]
        assert [type(outcome) for outcome in outcomes[4:]] == [NoSuchFileError] * 2
        assert [await exists(catalog, file) for file in files] == [False, False, True, True]

    async def test_of_a_file_that_is_named_twice_the_second_delete_finds_nothing(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a", size=5)
        addresses: list[UUID | Location] = [file.id, Location("default", "a"), file.id]
        outcomes = await catalog.batches.apply_batch(ROOT, [Delete(address=address) for address in addresses])
        assert [type(outcome) for outcome in outcomes] == [type(None), NoSuchFileError, NoSuchFileError]
        assert list(await claims(catalog)) == [file.blob_key]
        assert await usage(catalog) == Usage()

    async def test_files_that_share_bytes_are_deleted_together(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog)
        copies = await done(
            catalog, *(Copy(address=original.id, to=Destination(name=name)) for name in ("b", "c", "d"))
        )
        await catalog.batches.apply_batch(ROOT, [Delete(address=file.id) for file in (original, *copies[1:])])
        assert await claims(catalog) == {}
        await catalog.batches.apply_batch(ROOT, [Delete(address=copies[0].id)])
        assert list(await claims(catalog)) == [original.blob_key]

    async def test_each_operation_sees_what_those_before_it_left(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, name="a", size=7)
        outcomes = await catalog.batches.apply_batch(
            ROOT,
            [
                Copy(address=file.id, to=Destination(name="b")),
                Change(address=Location("default", "b"), patch=FilePatch(bucket="songs", name="c")),
                Change(address=file.id, patch=FilePatch(tags=("x",))),
                Change(address=file.id, patch=FilePatch(name="b"), precondition=Precondition(if_match=(file.etag,))),
                Delete(address=Location("songs", "c")),
                Copy(address=file.id, to=Destination(bucket="songs", name="c")),
                Delete(address=file.id),
                Change(address=file.id, patch=FilePatch(tags=())),
            ],
        )
        assert [type(each) for each in outcomes] == [
            *(File, File, File, PreconditionFailedError, type(None), File, type(None), NoSuchFileError)
        ]
        assert [each.revision for each in outcomes[:3] if isinstance(each, File)] == [1, 2, 2]
        left = await catalog.search.list_files(FileQuery())
        assert [(each.bucket, each.name, each.tags) for each in left] == [("songs", "c", ("x",))]
        assert (await usage(catalog), await usage(catalog, "songs")) == (Usage(), Usage(bytes=7, files=1))

    async def test_names_may_be_swapped_over_a_third_one(self, catalog: CatalogPorts) -> None:
        one, other = await stored(catalog, name="a"), await stored(catalog, name="b")
        steps = [(one, "c"), (other, "a"), (one, "b")]
        await done(catalog, *(Change(address=file.id, patch=FilePatch(name=name)) for file, name in steps))
        assert (await catalog.files.get_file_by_name("default", "a")).id == other.id
        assert (await catalog.files.get_file_by_name("default", "b")).id == one.id

    async def test_a_refusal_is_what_the_single_call_would_say_and_undoes_nothing_else(
        self, catalog: CatalogPorts
    ) -> None:
        await catalog.buckets.put_bucket("images", Policy(allowed_types=("image/*",)))
        await catalog.buckets.put_bucket("tiny", Policy(quota_bytes=9))
        files = [await stored(catalog, name=f"file-{number}", size=5) for number in range(4)]
        gone, stale = await expired(catalog), Precondition(if_match=('"nobody-1"',))
        fine = Change(address=files[0].id, patch=FilePatch(tags=("fine",)))
        cases: list[tuple[Operation, type[object]]] = [
            (Change(address=uuid4(), patch=FilePatch()), NoSuchFileError),
            (Change(address=gone.id, patch=FilePatch()), NoSuchFileError),
            (Change(address=files[1].id, patch=FilePatch(name="file-2")), NameTakenError),
            (Change(address=files[1].id, patch=FilePatch(name="a//b")), InvalidNameError),
            (Change(address=files[1].id, patch=FilePatch(bucket="NUL\0")), InvalidBucketError),
            (Change(address=files[1].id, patch=FilePatch(bucket="nowhere")), NoSuchBucketError),
            (Change(address=files[1].id, patch=FilePatch(bucket="images")), TypeNotAllowedError),
            (Change(address=files[1].id, patch=FilePatch(metadata={"a": "\0"})), InvalidMetadataError),
            (Change(address=files[1].id, patch=FilePatch(expires_at=PAST)), InvalidExpiryError),
            (Change(address=files[1].id, patch=FilePatch(), precondition=stale), PreconditionFailedError),
            (Copy(address=files[1].id, to=Destination(name="file-2")), NameTakenError),
            (Copy(address=files[1].id, to=Destination(bucket="images")), TypeNotAllowedError),
            (Copy(address=files[1].id, to=Destination(name="x"), precondition=stale), PreconditionFailedError),
            (Copy(address=gone.id, to=Destination(name="x")), NoSuchFileError),
            (Delete(address=files[1].id, precondition=stale), PreconditionFailedError),
            (Delete(address=gone.id), NoSuchFileError),
        ]
        outcomes = await catalog.batches.apply_batch(
            ROOT, [each for operation, _ in cases for each in (operation, fine)]
        )
        assert [type(outcome) for outcome in outcomes[::2]] == [error for _, error in cases]
        assert [file.revision for file in outcomes[1::2] if isinstance(file, File)] == list(range(2, 2 + len(cases)))
        assert [await catalog.files.get_file(file.id) for file in files[1:]] == files[1:]
        assert await usage(catalog) == Usage(bytes=20, files=4)

    async def test_a_quota_counts_what_came_before_in_the_batch(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("tiny", Policy(quota_bytes=12))
        files = [await stored(catalog, size=5) for _ in range(3)]
        into = [Change(address=file.id, patch=FilePatch(bucket="tiny")) for file in files]
        outcomes = await catalog.batches.apply_batch(ROOT, [*into, Delete(address=files[0].id), into[2]])
        assert [type(outcome) for outcome in outcomes] == [File, File, QuotaExceededError, type(None), File]
        assert await usage(catalog, "tiny") == Usage(bytes=10, files=2)
        assert await usage(catalog) == Usage()

    async def test_what_a_refused_operation_made_way_for_stays(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("tiny", Policy(quota_bytes=12))
        old = await expired(catalog, bucket="tiny", name="a", size=5)
        file, large = await stored(catalog, name="a", size=5), await stored(catalog, name="b", size=50)
        patch = FilePatch(bucket="tiny", name="a")
        assert await refused(catalog, Change(address=large.id, patch=patch)) == [QuotaExceededError]
        assert await claims(catalog) == {}
        [moved] = await done(catalog, Change(address=file.id, patch=patch))
        assert moved == replace(file, bucket="tiny", revision=2, updated_at=moved.updated_at)
        assert list(await claims(catalog)) == [old.blob_key]

    @pytest.mark.parametrize("count", [64, 200])
    async def test_many_operations_are_done_in_their_order(self, catalog: CatalogPorts, count: int) -> None:
        file = await stored(catalog)
        changes = [Change(address=file.id, patch=FilePatch(tags=(str(number),))) for number in range(count)]
        files = await done(catalog, *changes)
        assert [(each.tags, each.revision) for each in files] == [((str(n),), n + 2) for n in range(count)]
        assert await catalog.files.get_file(file.id) == files[-1]
