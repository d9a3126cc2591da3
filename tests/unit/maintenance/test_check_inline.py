"""The check of inline blobs: their bytes are compared where they are, and the store is not expected to have them."""

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.blobs.model import new_blob_key
from domain.blobs.running_hash import inline_blob
from domain.files.model import Destination, File
from domain.maintenance.check_integrity import CheckIntegrity
from domain.maintenance.model import FindingKind, Report
from domain.maintenance.repair_findings import RepairFindings
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import condemned, exists, stored
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog


async def file_of(catalog: FakeCatalog, content: bytes = b"inline") -> File:
    return await stored(catalog, blob=inline_blob(new_blob_key(), content))


async def check(catalog: FakeCatalog, blobs: FakeBlobStore, *, deep: bool = False) -> Report:
    return await CheckIntegrity(catalog.integrity, blobs)(deep=deep)


def damage(catalog: FakeCatalog, file: File, content: bytes) -> None:
    row = catalog.database.blobs[file.blob_key]
    assert row.blob is not None
    row.blob = replace(row.blob, content=content)


async def test_sound_inline_blobs_are_counted_and_are_no_findings(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    file = await file_of(catalog)
    await file_of(catalog, b"")
    await catalog.files.copy_file(ROOT, file.id, Destination(name="copy"), NO_PRECONDITION)
    for deep in (False, True):
        report = await check(catalog, blobs, deep=deep)
        assert report.findings == []
        checked = report.checked
        assert (checked.live, checked.inline, checked.inline_bytes, checked.stored) == (2, 2, 6, 0)
        assert (checked.read, checked.read_bytes) == ((2, 6) if deep else (0, 0))


@pytest.mark.parametrize(
    ("content", "deep", "kind"),
    [(b"short", False, FindingKind.WRONG_SIZE), (b"other!", False, None), (b"other!", True, FindingKind.CORRUPT)],
)
async def test_bytes_that_are_not_those_of_the_record_are_found(
    catalog: FakeCatalog, blobs: FakeBlobStore, content: bytes, deep: bool, kind: FindingKind | None
) -> None:
    file = await file_of(catalog)
    damage(catalog, file, content)
    found = [(each.kind, each.subject) for each in (await check(catalog, blobs, deep=deep)).findings]
    assert found == ([] if kind is None else [(kind, file.blob_key)])


async def test_a_wrong_count_of_files_is_found_and_repaired(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    file, lost = await file_of(catalog), await file_of(catalog)
    await catalog.database.miscount_files(file.blob_key, 2)
    await catalog.database.lose_files(lost.blob_key)
    report = await check(catalog, blobs)
    assert {(each.kind, each.subject) for each in report.findings} == {
        (FindingKind.WRONG_FILE_COUNT, file.blob_key),
        (FindingKind.WRONG_FILE_COUNT, lost.blob_key),
    }
    assert (report.to_condemn, report.bytes_to_condemn) == (1, 6)
    repair = RepairFindings(catalog.blob_records, catalog.integrity, blobs, catalog.quotas)
    await repair(report, force=True)
    assert (await check(catalog, blobs)).findings == []
    assert await condemned(catalog) == [lost.blob_key]
    assert await exists(catalog, file)
