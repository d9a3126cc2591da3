"""Completions and ends of direct uploads at once, each on a connection of its own."""

import pytest

from adapters.postgres import Pool
from domain.direct_uploads.errors import DirectUploadEndedError, NoSuchDirectUploadError
from domain.errors import LeaseLostError
from tests.contracts.direct_uploads import claimed, opened
from tests.contracts.setup import claims, reserved, usage
from tests.support.parts.postgres_ports import PostgresPorts
from tests.support.races import kinds, race


@pytest.fixture
def catalog(pool: Pool) -> PostgresPorts:
    return PostgresPorts(pool)


async def test_of_many_who_complete_an_upload_at_once_one_does(catalog: PostgresPorts) -> None:
    upload = await opened(catalog)
    blobs = [await reserved(catalog, size=upload.size) for _ in range(10)]
    found, refusals = await race(catalog.direct_uploads.claim_direct_upload(upload.id, blob.key) for blob in blobs)
    assert not refusals
    assert sorted(each.state for each in found) == ["completing"] * 9 + ["open"]
    stored, refusals = await race(catalog.direct_uploads.commit_direct_upload(upload.id, blob) for blob in blobs * 2)
    assert kinds(refusals) == {LeaseLostError}
    assert (len(stored), len({each.file.id for each in stored})) == (2, 1)
    assert (await usage(catalog)).files == 1


async def test_an_upload_that_is_completed_and_ended_at_once_is_one_of_both(catalog: PostgresPorts) -> None:
    for _ in range(10):
        upload = await opened(catalog)
        blob = await claimed(catalog, upload)
        files = (await usage(catalog)).files
        _, refusals = await race(
            [
                catalog.direct_uploads.commit_direct_upload(upload.id, blob),
                catalog.direct_uploads.abort_direct_upload(upload.id),
            ]
        )
        assert kinds(refusals) <= {DirectUploadEndedError}
        assert (await catalog.direct_uploads.get_direct_upload(upload.id)).state == (
            "aborted" if refusals else "completed"
        )
        assert (await usage(catalog)).files == files + (not refusals)


async def test_a_commit_goes_on_while_its_staging_blob_is_forgotten(catalog: PostgresPorts) -> None:
    for _ in range(10):
        upload = await opened(catalog, lease=0)
        blob = await claimed(catalog, upload)
        await catalog.blob_records.condemn_lapsed(limit=10)
        staged = list((await claims(catalog)).values())
        results, refusals = await race(
            [catalog.direct_uploads.commit_direct_upload(upload.id, blob), catalog.blob_records.forget_blobs(staged)]
        )
        assert kinds(refusals) <= {NoSuchDirectUploadError}
        assert len(results) + len(refusals) == 2
        assert await catalog.integrity.get_blob_records([upload.key]) == {}
