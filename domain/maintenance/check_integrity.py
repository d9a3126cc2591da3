"""Compare the catalog with the blob store, both ways, while requests use them."""

import hashlib
from collections.abc import Callable, Sequence

from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import BlobRecord, InlineRecord, listing_order
from domain.blobs.ports import BlobStore
from domain.blobs.streams import batches, map_concurrently
from domain.maintenance.errors import WrongBlobStoreError
from domain.maintenance.merge_join import JoinedBlob, all_inline_records, all_records, merge_join
from domain.maintenance.model import CheckCounts, Finding, FindingKind, Report
from domain.maintenance.ports import CatalogIntegrity
from domain.maintenance.suspects import Suspect, inline_fault, suspect_of
from domain.maintenance.unfinished_writes import find_orphaned_writes

BATCH = 500
CONCURRENCY = 8
READ_ATTEMPTS = 2
# An empty store that should have so many blobs is the wrong one, or its disk is not mounted.
SURE_OF_STORE = 10
_DIRECTORIES = 256
# The reaper, which comes every minute, takes care of younger ones, in seconds.
ENDED_FOR = 3600.0

OnProgress = Callable[[float], None]


class CheckIntegrity:
    """Report every difference between catalog and store. Changes nothing.

    Both are read while uploads and deletes go on, and so at different moments. A finding is confirmed in an order that
    makes it definite: bytes are an orphan where they were listed, then had no row, then were still there, since a row
    exists before its bytes do; a blob is missing where its row was live, then the bytes were not there, then the row
    was still live, since bytes exist before their row is live and until it is condemned.
    """

    def __init__(self, integrity: CatalogIntegrity, blob_store: BlobStore) -> None:
        self._integrity = integrity
        self._blob_store = blob_store

    async def __call__(self, *, deep: bool = False, on_progress: OnProgress = lambda _: None) -> Report:
        """Check everything, and return the findings. `deep` reads every live blob and compares its SHA-256.

        `on_progress` is called with the share that is done, from 0 to 1. Raises `UnavailableError` of either store, and
        `WrongBlobStoreError`: then there are no findings.
        """
        findings: list[Finding] = []
        checked = CheckCounts()
        to_condemn: list[int] = []
        async for batch in batches(merge_join(self._blob_store.list_stored(), all_records(self._integrity)), BATCH):
            joined = await self._with_records(batch)
            _count(checked, joined)
            orphans = await self._find_orphans(joined)
            to_condemn += [*orphans.values(), *_sizes_without_files(joined)]
            found = [
                Finding(kind=FindingKind.ORPHAN, subject=key, detail=f"{size} bytes without a row.")
                for key, size in orphans.items()
            ]
            found += await self._find_faults(joined, checked, deep=deep)
            found += _wrong_file_counts(joined)
            findings += sorted(found, key=lambda finding: listing_order(finding.subject))
            on_progress(int(batch[-1].key[-2:], 16) / _DIRECTORIES)
        _check_store(findings, checked)
        async for page in batches(all_inline_records(self._integrity, hashed=deep), BATCH):
            to_condemn += _count_inline(checked, page)
            findings += _find_inline_faults(page)
        findings += await self._find_orphaned_writes(checked)
        findings += await self._find_wrong_usage()
        findings += await self._find_orphaned_reservations()
        on_progress(1)
        return Report(findings=findings, checked=checked, to_condemn=len(to_condemn), bytes_to_condemn=sum(to_condemn))

    async def _with_records(self, batch: Sequence[JoinedBlob]) -> Sequence[JoinedBlob]:
        """Look up stored blobs without a record once more: it may be younger than its page of the catalog."""
        unrecorded = [each.key for each in batch if each.record is None]
        if not unrecorded:
            return batch
        records = await self._integrity.get_blob_records(unrecorded)
        return [each if each.record else each._replace(record=records.get(each.key)) for each in batch]

    async def _find_orphans(self, joined: Sequence[JoinedBlob]) -> dict[str, int]:
        """Return the sizes of the blobs without a row that are still stored; others were removed, then forgotten."""
        unrecorded = [each.key for each in joined if each.record is None]
        sizes = await map_concurrently(self._size_of, unrecorded, concurrency=CONCURRENCY)
        return {key: size for key, size in sizes if size is not None}

    async def _size_of(self, key: str) -> tuple[str, int | None]:
        try:
            return key, await self._blob_store.get_size(key)
        except BlobMissingError:
            return key, None

    async def _find_faults(self, joined: Sequence[JoinedBlob], checked: CheckCounts, *, deep: bool) -> list[Finding]:
        suspects = [suspect for each in joined if (suspect := suspect_of(each, deep=deep))]

        async def inspect(suspect: Suspect) -> Finding | None:
            return await self._inspect(suspect, checked, deep=deep)

        found = [
            finding
            for finding in await map_concurrently(inspect, suspects, concurrency=CONCURRENCY)
            if finding is not None
        ]
        if not found:
            return []
        records = await self._integrity.get_blob_records([finding.subject for finding in found])
        return [each for each in found if each.subject in records and records[each.subject].state == "live"]

    async def _inspect(self, suspect: Suspect, checked: CheckCounts, *, deep: bool) -> Finding | None:
        try:
            if suspect.listed != suspect.size:
                size = await self._blob_store.get_size(suspect.key)
                if size != suspect.size:
                    return suspect.wrong_size(size)
            return await self._read(suspect, checked) if deep else None
        except BlobMissingError:
            return suspect.missing()

    async def _read(self, suspect: Suspect, checked: CheckCounts) -> Finding | None:
        for _ in range(READ_ATTEMPTS):
            try:
                sha256, size = await self._hash(suspect.key)
            except BlobStoreUnavailableError:
                await self._blob_store.get_size(suspect.key)  # raises where the store is down, and not only this read
            else:
                checked.read += 1
                checked.read_bytes += size
                return None if (sha256, size) == (suspect.sha256, suspect.size) else suspect.corrupt(sha256, size)
        return suspect.unreadable()

    async def _hash(self, key: str) -> tuple[str, int]:
        hash_, size = hashlib.sha256(), 0
        async with self._blob_store.open(key) as chunks:
            async for chunk in chunks:
                hash_.update(chunk)
                size += len(chunk)
        return hash_.hexdigest(), size

    async def _find_orphaned_writes(self, checked: CheckCounts) -> list[Finding]:
        def count(unfinished: int) -> None:
            checked.unfinished += unfinished

        return [
            Finding(kind=FindingKind.ORPHANED_WRITE, subject=key, detail="An unfinished write that nobody owns.")
            for key in sorted(await find_orphaned_writes(self._integrity, self._blob_store, count), key=listing_order)
        ]

    async def _find_wrong_usage(self) -> list[Finding]:
        return [
            Finding(
                kind=FindingKind.WRONG_USAGE,
                subject=each.bucket,
                detail=f"The usage says {each.counted.bytes} bytes in {each.counted.files} files, and there are "
                f"{each.actual.bytes} in {each.actual.files}.",
            )
            for each in await self._integrity.find_miscounted_usage()
        ]

    async def _find_orphaned_reservations(self) -> list[Finding]:
        return [
            Finding(
                kind=FindingKind.ORPHANED_RESERVATION,
                subject=each.key,
                detail=f"An upload that has ended holds {each.bytes} bytes and {each.files} files of the quota of "
                f"{each.bucket}.",
            )
            for each in await self._integrity.find_orphaned_reservations(ended_for=ENDED_FOR)
        ]


def _count(checked: CheckCounts, joined: Sequence[JoinedBlob]) -> None:
    for _, stored, record in joined:
        if stored is not None:
            checked.stored += 1
            checked.stored_bytes += stored.size
        match record:
            case BlobRecord(state="live"):
                checked.live += 1
            case BlobRecord(state="staged"):
                checked.staged += 1
            case BlobRecord(state="condemned"):
                checked.condemned += 1
            case _:
                pass


def _count_inline(checked: CheckCounts, page: Sequence[InlineRecord]) -> list[int]:
    """Count the blobs, and return the sizes of those without a file."""
    joined = [JoinedBlob(each.record.key, None, each.record) for each in page]
    _count(checked, joined)
    checked.inline += len(page)
    size = sum(each.actual_size for each in page)
    checked.inline_bytes += size
    if page[0].actual_sha256 is not None:
        checked.read += len(page)
        checked.read_bytes += size
    return _sizes_without_files(joined)


def _find_inline_faults(page: Sequence[InlineRecord]) -> list[Finding]:
    faults = [finding for each in page if (finding := inline_fault(each))]
    return faults + _wrong_file_counts([JoinedBlob(each.record.key, None, each.record) for each in page])


def _sizes_without_files(joined: Sequence[JoinedBlob]) -> list[int]:
    records = [record for _, _, record in joined if record is not None]
    return [record.size or 0 for record in records if record.state == "live" and not record.files]


def _wrong_file_counts(joined: Sequence[JoinedBlob]) -> list[Finding]:
    return [
        Finding(
            kind=FindingKind.WRONG_FILE_COUNT,
            subject=record.key,
            detail=f"The {record.state} blob counts {record.file_count} files, and {record.files} have it.",
        )
        for _, _, record in joined
        if record is not None and record.file_count != record.files
    ]


def _check_store(findings: Sequence[Finding], checked: CheckCounts) -> None:
    missing = sum(finding.kind is FindingKind.MISSING for finding in findings)
    if not checked.stored and missing >= SURE_OF_STORE:
        raise WrongBlobStoreError(
            f"The blob store is empty, and the catalog has {missing} live blobs: is it the right one, and mounted?"
        )
