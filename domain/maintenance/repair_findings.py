"""Repair the findings of a check, as far as possible."""

from collections.abc import Iterator, Sequence

import msgspec

from domain.blobs.ports import BlobRecords, BlobStore
from domain.maintenance.errors import RepairRefusedError
from domain.maintenance.model import FindingKind, Report
from domain.maintenance.ports import CatalogIntegrity
from domain.quotas.ports import Quotas

BATCH = 500
# More than this share of the store's blobs, or of their bytes, hints at the wrong catalog, or one restored from long
# ago.
LARGEST_SHARE = 0.1

REPAIRED = frozenset(
    {
        FindingKind.ORPHAN,
        FindingKind.ORPHANED_WRITE,
        FindingKind.WRONG_FILE_COUNT,
        FindingKind.WRONG_USAGE,
        FindingKind.ORPHANED_RESERVATION,
    }
)


class RepairCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a repair: orphans condemned, orphaned writes aborted, blobs and buckets recounted.

    `released` counts reservations of quotas.
    """

    condemned: int = 0
    aborted: int = 0
    recounted_blobs: int = 0
    recounted_buckets: int = 0
    released: int = 0


class RepairFindings:
    """Repair the findings of a report. No bytes are deleted here: an orphan gets a row, as a condemned blob.

    Its bytes stay for the whole grace, in which a better catalog may claim them again; then the reaper removes them.
    Missing and wrong bytes cannot be repaired.
    """

    def __init__(
        self, blob_records: BlobRecords, integrity: CatalogIntegrity, blob_store: BlobStore, quotas: Quotas
    ) -> None:
        self._blob_records = blob_records
        self._integrity = integrity
        self._blob_store = blob_store
        self._quotas = quotas

    async def __call__(self, report: Report, *, force: bool = False) -> RepairCounts:
        """Repair all that can be repaired. Any number of repairs may run at once, even of the same report.

        Raises `RepairRefusedError`, with nothing done, where too large a share of the store would be condemned, unless
        `force`; and `UnavailableError` of either store.
        """
        orphans = report.subjects(FindingKind.ORPHAN)
        if not force:
            _refuse_too_many(report)
        for keys in _batches(orphans):
            await self._blob_records.release_blobs(keys, at_once=False)
        orphaned = report.subjects(FindingKind.ORPHANED_WRITE)
        for key in orphaned:
            await self._blob_store.abort(key)
        recounted = [
            await self._integrity.recount_files(keys)
            for keys in _batches(report.subjects(FindingKind.WRONG_FILE_COUNT))
        ]
        return RepairCounts(
            condemned=len(orphans),
            aborted=len(orphaned),
            recounted_blobs=sum(recounted),
            recounted_buckets=await self._integrity.recount_usage() if report.subjects(FindingKind.WRONG_USAGE) else 0,
            released=await self._release(len(report.subjects(FindingKind.ORPHANED_RESERVATION))),
        )

    async def _release(self, found: int) -> int:
        released = 0
        while released < found and (count := await self._quotas.release_orphaned(limit=BATCH)):
            released += count
        return released


def _refuse_too_many(report: Report) -> None:
    checked = report.checked
    stored, stored_bytes = checked.stored + checked.inline, checked.stored_bytes + checked.inline_bytes
    if report.to_condemn > LARGEST_SHARE * stored or report.bytes_to_condemn > LARGEST_SHARE * stored_bytes:
        raise RepairRefusedError(
            f"{report.to_condemn} of {stored} stored blobs, {report.bytes_to_condemn} of {stored_bytes} bytes, "
            f"belong to no file, more than {LARGEST_SHARE:.0%}: nothing was repaired. Where the catalog is the right "
            "one, --force condemns them."
        )


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
