"""Finish or undo the remains of crashes, disconnects and deletes."""

from collections.abc import AsyncIterator

import msgspec

from domain.blobs.model import BlobClaim
from domain.blobs.ports import BlobRecords, BlobStore
from domain.files.ports import Files
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.ports import Jobs
from domain.links.ports import Links
from domain.maintenance.unfinished_writes import try_to_abort
from domain.multipart.ports import MultipartUploads
from domain.quotas.ports import Quotas
from domain.uploads.ports import Uploads
from domain.values.limits import Limits

BATCH = 500
# For how long an expired upload is answered 410, not 404.
KEPT_SECONDS = 86_400.0
# The same for a link that has ended.
KEPT_LINK_SECONDS = 30 * 86_400.0


class ReapCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one batch: files that expired, reservations whose lease had ended, blobs whose bytes are removed.

    `refused` counts blobs whose bytes the store would not remove; they are tried again when their claim has ended.
    `jobs` are those that had ended long ago, and are forgotten.
    `keys` are idempotency keys whose result was kept for long enough.
    """

    expired: int = 0
    lapsed: int = 0
    removed: int = 0
    refused: int = 0
    jobs: int = 0
    keys: int = 0


class Reap:
    """One round of the reaper. Any number may run at once, in any number of replicas.

    The catalog hands each blob to one of them at a time. Bytes are removed before their row, so that a crash
    between the two leaves a row, which is claimed again when the claim's `staged_lease` has ended. A batch
    that takes longer than that is done twice at worst. Jobs are kept for `job_retention` after their end.
    """

    def __init__(
        self,
        *,
        files: Files,
        uploads: Uploads,
        multipart_uploads: MultipartUploads,
        quotas: Quotas,
        jobs: Jobs,
        links: Links,
        idempotency_keys: IdempotencyKeys,
        blob_records: BlobRecords,
        blob_store: BlobStore,
        limits: Limits,
    ) -> None:
        self._files = files
        self._uploads = uploads
        self._multipart_uploads = multipart_uploads
        self._quotas = quotas
        self._jobs = jobs
        self._links = links
        self._idempotency_keys = idempotency_keys
        self._blob_records = blob_records
        self._blob_store = blob_store
        self._limits = limits

    async def __call__(self) -> AsyncIterator[ReapCounts]:
        """Work until nothing is due, and yield the counts of each batch. Raises `UnavailableError` of either store."""
        while count := await self._files.expire_files(limit=BATCH):
            yield ReapCounts(expired=count)
        while count := await self._blob_records.condemn_lapsed(limit=BATCH):
            yield ReapCounts(lapsed=count)
        while count := await self._jobs.forget_jobs(age=self._limits.job_retention, limit=BATCH):
            yield ReapCounts(jobs=count)
        while count := await self._idempotency_keys.forget_keys(limit=BATCH):
            yield ReapCounts(keys=count)
        await self._tidy_uncounted()
        while count := await self._blob_records.forget_inline(limit=BATCH):
            yield ReapCounts(removed=count)
        # A blob that is claimed and not removed has to wait for the claim's end: claim none while the store is down.
        await self._blob_store.admit()
        while claims := await self._blob_records.claim_condemned(limit=BATCH, lease=self._limits.staged_lease):
            yield await self._remove(claims)

    async def _tidy_uncounted(self) -> None:
        while await self._files.fold_names(limit=BATCH):
            pass  # stored by replicas of a former release, since the migration
        while await self._uploads.forget_uploads(kept=KEPT_SECONDS, limit=BATCH):
            pass  # their blobs are condemned like others whose lease has ended
        while await self._multipart_uploads.forget_uploads(limit=BATCH):
            pass  # likewise
        while await self._links.forget_links(kept=KEPT_LINK_SECONDS, limit=BATCH):
            pass
        while await self._quotas.release_orphaned(limit=BATCH):
            pass

    async def _remove(self, claims: list[BlobClaim]) -> ReapCounts:
        aborted = [claim for claim in claims if claim.finished or await try_to_abort(self._blob_store, claim.key)]
        kept = await self._blob_store.delete([claim.key for claim in aborted])
        gone = [claim for claim in aborted if claim.key not in kept]
        removed = await self._blob_records.forget_blobs(gone)
        return ReapCounts(removed=removed, refused=len(claims) - len(gone))
