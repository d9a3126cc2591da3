"""Compare catalog and store, both ways, while others use them."""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import BlobRecord, listing_order
from domain.blobs.ports import BlobStore
from domain.blobs.streams import batches, map_concurrently
from domain.maintenance.errors import WrongBlobStoreError
from domain.maintenance.merge_join import JoinedBlob, all_records, merge_join
from domain.maintenance.model import CheckCounts, Finding, Kind, Report
from domain.maintenance.ports import Audit
from domain.maintenance.unfinished_writes import find_orphaned_writes

BATCH = 500
CONCURRENCY = 8
READ_ATTEMPTS = 2
# Of so many blobs at least one is there, unless the store is another one, or empty for want of its disk.
SURE_OF_STORE = 10
_DIRECTORIES = 256

OnProgress = Callable[[float], None]


class _Suspect(NamedTuple):
    """A blob that was live, and the size that the listing told, if it told the blob."""

    key: str
    size: int
    sha256: str
    listed: int | None


class CheckIntegrity:
    """Tell all that is wrong between catalog and store. Changes nothing.

    Both are read while uploads and deletes go on, so that what they say at different moments differs. A finding is
    confirmed in an order that makes it definite: bytes are an orphan where they were listed, then had no row, then
    were still there, for a row exists before the bytes do; a blob is missing where its row was live, then the bytes
    were not there, then the row was still live, for bytes exist before a row is live and until it is condemned.
    """

    def __init__(self, catalog: Audit, blobs: BlobStore) -> None:
        self._catalog = catalog
        self._blobs = blobs

    async def __call__(self, *, deep: bool = False, on_progress: OnProgress = lambda _: None) -> Report:
        """Check everything, and return what was found. `deep` reads every live blob and compares its SHA-256.

        `on_progress` is told, now and then, which share is done. Raises `UnavailableError` of either store, and
        `WrongBlobStoreError`: then nothing is known.
        """
        findings: list[Finding] = []
        checked = CheckCounts()
        to_condemn: list[int] = []
        async for batch in batches(merge_join(self._blobs.list_stored(), all_records(self._catalog)), BATCH):
            joined = await self._look_up(batch)
            _count(checked, joined)
            orphans = await self._find_orphans(joined)
            to_condemn += [*orphans.values(), *_sizes_without_files(joined)]
            found = [_orphan(key, size) for key, size in orphans.items()]
            found += await self._find_faults(joined, checked, deep=deep)
            found += _wrong_file_counts(joined)
            findings += sorted(found, key=lambda finding: listing_order(finding.subject))
            on_progress(int(batch[-1].key[-2:], 16) / _DIRECTORIES)
        _check_store(findings, checked)
        findings += await self._find_orphaned_writes(checked)
        findings += await self._find_wrong_usage()
        on_progress(1)
        return Report(findings=findings, checked=checked, to_condemn=len(to_condemn), bytes_to_condemn=sum(to_condemn))

    async def _look_up(self, batch: Sequence[JoinedBlob]) -> Sequence[JoinedBlob]:
        """Complete what was stored and had no row: one may have been made after its page was read."""
        unrecorded = [each.key for each in batch if each.record is None]
        if not unrecorded:
            return batch
        records = await self._catalog.get_blob_records(unrecorded)
        return [each if each.record else each._replace(record=records.get(each.key)) for each in batch]

    async def _find_orphans(self, joined: Sequence[JoinedBlob]) -> dict[str, int]:
        """Return the sizes of those without a row that are still there: the others were removed, and then forgotten."""
        unrecorded = [each.key for each in joined if each.record is None]
        sizes = await map_concurrently(self._size_of, unrecorded, concurrency=CONCURRENCY)
        return {key: size for key, size in sizes if size is not None}

    async def _size_of(self, key: str) -> tuple[str, int | None]:
        try:
            return key, await self._blobs.get_size(key)
        except BlobMissingError:
            return key, None

    async def _find_faults(self, joined: Sequence[JoinedBlob], checked: CheckCounts, *, deep: bool) -> list[Finding]:
        suspects = [suspect for each in joined if (suspect := _suspect(each, deep=deep))]

        async def inspect(suspect: _Suspect) -> Finding | None:
            return await self._inspect(suspect, checked, deep=deep)

        found = [
            finding
            for finding in await map_concurrently(inspect, suspects, concurrency=CONCURRENCY)
            if finding is not None
        ]
        if not found:
            return []
        records = await self._catalog.get_blob_records([finding.subject for finding in found])
        return [each for each in found if each.subject in records and records[each.subject].state == "live"]

    async def _inspect(self, suspect: _Suspect, checked: CheckCounts, *, deep: bool) -> Finding | None:
        try:
            if suspect.listed != suspect.size:
                size = await self._blobs.get_size(suspect.key)
                if size != suspect.size:
                    return _wrong_size(suspect, size)
            return await self._read(suspect, checked) if deep else None
        except BlobMissingError:
            return _missing(suspect)

    async def _read(self, suspect: _Suspect, checked: CheckCounts) -> Finding | None:
        for _ in range(READ_ATTEMPTS):
            try:
                sha256, size = await self._hash(suspect.key)
            except BlobStoreUnavailableError:
                # Either the store is down, which shows here, or it is something about this one.
                await self._blobs.get_size(suspect.key)
            else:
                checked.read += 1
                checked.read_bytes += size
                return None if (sha256, size) == (suspect.sha256, suspect.size) else _corrupt(suspect, sha256, size)
        return _unreadable(suspect)

    async def _hash(self, key: str) -> tuple[str, int]:
        hash_, size = hashlib.sha256(), 0
        async with self._blobs.open(key) as chunks:
            async for chunk in chunks:
                hash_.update(chunk)
                size += len(chunk)
        return hash_.hexdigest(), size

    async def _find_orphaned_writes(self, checked: CheckCounts) -> list[Finding]:
        def count(listed: int) -> None:
            checked.unfinished += listed

        return [
            Finding(kind=Kind.ORPHANED_WRITE, subject=key, detail="An unfinished write that nobody owns.")
            for key in sorted(await find_orphaned_writes(self._catalog, self._blobs, count), key=listing_order)
        ]

    async def _find_wrong_usage(self) -> list[Finding]:
        return [
            Finding(
                kind=Kind.WRONG_USAGE,
                subject=each.bucket,
                detail=f"The usage says {each.counted.bytes} bytes in {each.counted.files} files, and there are "
                f"{each.actual.bytes} in {each.actual.files}.",
            )
            for each in await self._catalog.find_miscounted_usage()
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


def _sizes_without_files(joined: Sequence[JoinedBlob]) -> list[int]:
    records = [record for _, _, record in joined if record is not None]
    return [record.size or 0 for record in records if record.state == "live" and not record.files]


def _suspect(each: JoinedBlob, *, deep: bool) -> _Suspect | None:
    record, listed = each.record, each.stored.size if each.stored else None
    if record is None or record.state != "live" or record.size is None or record.sha256 is None:
        return None
    return _Suspect(record.key, record.size, record.sha256, listed) if deep or listed != record.size else None


def _wrong_file_counts(joined: Sequence[JoinedBlob]) -> list[Finding]:
    return [
        Finding(
            kind=Kind.WRONG_FILE_COUNT,
            subject=record.key,
            detail=f"The {record.state} blob counts {record.file_count} files, and {record.files} have it.",
        )
        for _, _, record in joined
        if record is not None and record.file_count != record.files
    ]


def _check_store(findings: Sequence[Finding], checked: CheckCounts) -> None:
    missing = sum(finding.kind is Kind.MISSING for finding in findings)
    if not checked.stored and missing >= SURE_OF_STORE:
        raise WrongBlobStoreError(
            f"The blob store is empty, and the catalog has {missing} live blobs: is it the right one, and mounted?"
        )


def _orphan(key: str, size: int) -> Finding:
    return Finding(kind=Kind.ORPHAN, subject=key, detail=f"{size} bytes without a row.")


def _missing(suspect: _Suspect) -> Finding:
    return Finding(
        kind=Kind.MISSING,
        subject=suspect.key,
        detail=f"No bytes; there should be {suspect.size} with SHA-256 {suspect.sha256}.",
    )


def _wrong_size(suspect: _Suspect, size: int) -> Finding:
    return Finding(
        kind=Kind.WRONG_SIZE,
        subject=suspect.key,
        detail=f"{size} bytes; there should be {suspect.size} with SHA-256 {suspect.sha256}.",
    )


def _corrupt(suspect: _Suspect, sha256: str, size: int) -> Finding:
    return Finding(
        kind=Kind.CORRUPT,
        subject=suspect.key,
        detail=f"{size} bytes with SHA-256 {sha256}; there should be {suspect.size} with {suspect.sha256}.",
    )


def _unreadable(suspect: _Suspect) -> Finding:
    return Finding(
        kind=Kind.UNREADABLE,
        subject=suspect.key,
        detail=f"The store does not give its {suspect.size} bytes with SHA-256 {suspect.sha256}.",
    )
