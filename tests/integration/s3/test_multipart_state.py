"""How the S3 store keeps blobs that arrive by several appends: parts, remainders, and bounded memory."""

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from adapters.s3 import S3BlobStore, S3PartialBlobs
from adapters.s3.multipart.state import PARTS_AHEAD, MultipartState
from domain.blobs.errors import BlobStoreRefusedError
from domain.errors import LeaseLostError
from tests.contracts.blob_store.store import read
from tests.contracts.partial_blobs.partial_blobs import MIB, PART, Upload, begin, piece
from tests.integration.s3.conftest import BUCKET
from tests.integration.s3.test_multipart import parts_of, repeat

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


async def remainders_of(client: "S3Client", prefix: str, upload: Upload) -> list[int]:
    """Return the sizes of the remainders that the store has."""
    folder = f"{prefix}tails/{upload.key[-2:]}/{upload.key}/"
    listed = await client.list_objects_v2(Bucket=BUCKET, Prefix=folder)
    return [each["Size"] for each in listed.get("Contents", ())]


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([0], None),
        ([PART - 1], None),
        ([1, 2, 3], None),
        ([PART], 1),
        ([8 * MIB], 1),
        ([8 * MIB] * 3, 3),
        ([8 * MIB + 1], 2),
        ([PART - 1, 1, 7], 2),
        ([16 * MIB, 1, 8 * MIB - 1], 3),
    ],
    ids=str,
)
async def test_appends_make_as_few_parts_as_they_can(
    partials: S3PartialBlobs, s3_client: "S3Client", prefix: str, sizes: list[int], parts: int | None
) -> None:
    upload = await begin(partials)
    for size in sizes:
        await upload.append(piece(size))
    await upload.complete()
    assert await parts_of(s3_client, prefix) == parts


async def test_many_short_appends_leave_few_remainders(
    partials: S3PartialBlobs, s3_client: "S3Client", prefix: str
) -> None:
    upload = await begin(partials)
    for size in range(40, 0, -1):
        await upload.append(piece(size))
    state = MultipartState.of(upload.records.progress)
    assert sum(remainder.size for remainder in state.remainders) == 820
    assert len(state.remainders) <= 6
    assert sorted(await remainders_of(s3_client, prefix, upload)) == sorted(
        remainder.size for remainder in (*state.remainders, *state.spent)
    )


async def test_remainders_that_a_part_has_used_up_are_gone_one_call_later(
    partials: S3PartialBlobs, s3_client: "S3Client", prefix: str
) -> None:
    upload = await begin(partials)
    await upload.append(b"short")
    await upload.append(piece(8 * MIB - 5))
    assert await remainders_of(s3_client, prefix, upload) == [5]
    await upload.append(piece(8 * MIB))
    assert await remainders_of(s3_client, prefix, upload) == []


async def test_a_checkpoint_that_raises_removes_no_remainder(
    partials: S3PartialBlobs, store: S3BlobStore, s3_client: "S3Client", prefix: str
) -> None:
    upload = await begin(partials)
    await upload.append(b"one")
    await upload.append(b"two")
    upload.records.lost = True
    with pytest.raises(LeaseLostError):
        await upload.append(piece(8 * MIB - 6))
    assert sorted(await remainders_of(s3_client, prefix, upload)) == [3, 6]
    later = upload.fence()
    await later.complete()
    assert await read(store, later.key) == b"onetwo"
    assert await remainders_of(s3_client, prefix, upload) == []


async def test_a_later_caller_uses_no_number_that_a_former_caller_may_use(partials: S3PartialBlobs) -> None:
    former = await begin(partials)
    await former.append(piece(PART))
    later = former.fence()
    await later.append(piece(PART))
    numbers = [part.number for part in MultipartState.of(later.records.progress).parts]
    assert numbers == [1, 2 + PARTS_AHEAD]


async def test_an_upload_that_has_used_up_its_numbers_is_refused(partials: S3PartialBlobs) -> None:
    upload = await begin(partials)
    await upload.append(piece(PART))
    for _ in range(10_000 // PARTS_AHEAD):
        upload = upload.fence()
    with pytest.raises(BlobStoreRefusedError):
        await upload.append(piece(PART))


async def test_a_length_that_is_claimed_makes_no_large_part_and_is_remembered(partials: S3PartialBlobs) -> None:
    expected = 5 * 1024 * 1024 * MIB
    upload = await begin(partials, size=expected)
    await upload.append(piece(PART))
    await upload.append(b"short")
    assert MultipartState.of(upload.records.progress).expected == expected
    assert len(MultipartState.of(upload.records.progress).parts) == 1


async def test_one_long_append_takes_the_memory_of_four_parts(store: S3BlobStore, partials: S3PartialBlobs) -> None:
    upload, chunk = await begin(partials), piece(MIB)
    tracemalloc.start()
    try:
        await upload.append(repeat(chunk, 160))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 48 * MIB
    assert store.memory.held == 0
