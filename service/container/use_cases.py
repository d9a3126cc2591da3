"""The use cases, and the objects that they share."""

from collections.abc import AsyncIterator

from dishka import Provider, Scope, from_context, provide, provide_all

from adapters.checksums import NativeChecksums
from adapters.clock import SystemClock
from adapters.passwords import Argon2Passwords
from adapters.type_signatures import PuremagicSignatures
from domain.access.limits import LimitCallers
from domain.archives.read_archive import ReadArchive
from domain.audit.denials import Denials
from domain.audit.keep_audit import KeepAudit
from domain.audit.list_audit import ListAudit
from domain.audit.ports import Audit
from domain.batches.apply_batch import ApplyBatch
from domain.blobs.ports import BlobRecords
from domain.blobs.reservations import Reservations
from domain.buckets.change_bucket import ChangeBucket
from domain.buckets.delete_bucket import DeleteBucket
from domain.buckets.find_bucket import FindBucket
from domain.buckets.find_cors import FindCors
from domain.buckets.list_buckets import ListBuckets
from domain.buckets.put_bucket import PutBucket
from domain.direct_uploads.abort_direct_upload import AbortDirectUpload
from domain.direct_uploads.begin_direct_upload import BeginDirectUpload
from domain.direct_uploads.complete_direct_upload import CompleteDirectUpload
from domain.direct_uploads.find_direct_upload import FindDirectUpload
from domain.direct_uploads.list_direct_uploads import ListDirectUploads
from domain.direct_uploads.sign_parts import SignParts
from domain.files.change_file import ChangeFile
from domain.files.content.admission import Admission
from domain.files.content.detect_type import DetectType
from domain.files.content.read_file import ReadFile
from domain.files.content.read_text import ReadText
from domain.files.content.redirect_read import RedirectRead
from domain.files.content.store_file import StoreFile
from domain.files.content.store_object import StoreObject
from domain.files.content.store_once import StoreOnce
from domain.files.content.store_small_file import StoreSmallFile
from domain.files.copy_file import CopyFile
from domain.files.copy_over import CopyOver
from domain.files.delete_file import DeleteFile
from domain.files.find_file import FindFile
from domain.files.label_file import LabelFile
from domain.files.ports import TypeSignatures
from domain.files.search.list_by_name import ListByName
from domain.files.search.list_files import ListFiles
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.end_job import EndJob
from domain.jobs.find_job import FindJob
from domain.jobs.list_jobs import ListJobs
from domain.jobs.ports import Jobs
from domain.jobs.start_job import StartJob
from domain.jobs.work_on_jobs import WorkOnJobs
from domain.links.check_password import CheckPassword
from domain.links.find_link import FindLink
from domain.links.list_share_links import ListShareLinks
from domain.links.maker_rights import MakerRights
from domain.links.open_share_link import OpenShareLink
from domain.links.ports import Passwords
from domain.links.revoke_link import RevokeLink
from domain.links.share_file import ShareFile
from domain.links.uploading.enter_upload_link import EnterUploadLink
from domain.links.uploading.list_upload_links import ListUploadLinks
from domain.links.uploading.make_upload_link import MakeUploadLink
from domain.links.uploading.resume_by_link import ResumeByLink
from domain.links.uploading.store_by_link import StoreByLink
from domain.maintenance.check_health import CheckHealth
from domain.maintenance.check_integrity import CheckIntegrity
from domain.maintenance.check_store import CheckStore
from domain.maintenance.reap import Reap
from domain.maintenance.repair_findings import RepairFindings
from domain.maintenance.sweep import Sweep
from domain.multipart.abort_multipart_upload import AbortMultipartUpload
from domain.multipart.begin_multipart_upload import BeginMultipartUpload
from domain.multipart.complete_multipart_upload import CompleteMultipartUpload
from domain.multipart.copy_part import CopyPart
from domain.multipart.find_multipart_upload import FindMultipartUpload
from domain.multipart.list_multipart_uploads import ListMultipartUploads
from domain.multipart.list_parts import ListParts
from domain.multipart.upload_part import UploadPart
from domain.quotas.reserve_room import ReserveRoom
from domain.uploads.append_to_upload import AppendToUpload
from domain.uploads.begin_upload import BeginUpload
from domain.uploads.end_upload import EndUpload
from domain.uploads.find_upload import FindUpload
from domain.uploads.finish_upload import FinishUpload
from domain.uploads.list_uploads import ListUploads
from domain.uploads.running_hashes import RunningHashes
from domain.uploads.upload_lock import LockTimings, LockUpload
from domain.values.checksums import Checksums
from domain.values.clock import Clock
from domain.values.limits import Limits
from service.runtime.concurrency import Capacity
from service.runtime.direct_upload_completions import DirectUploadCompletions
from service.runtime.multipart_completions import MultipartCompletions
from service.runtime.wake_up import WakeUp
from service.settings import Settings

# The lease of a job lasts so many of the intervals between two looks for jobs.
JOB_LEASE = 3
# How long a request that died keeps its idempotency key: its caller may be waiting to send it again.
CLAIM_LEASE = 30.0


class UseCases(Provider):
    """Everything that the service does; each lives as long as the application."""

    scope = Scope.APP

    settings = from_context(Settings)
    clock = provide(SystemClock, provides=Clock)
    signatures = provide(PuremagicSignatures, provides=TypeSignatures)
    checksums = provide(NativeChecksums, provides=Checksums)
    shared = provide_all(Admission, CheckPassword, Denials, DetectType, LockUpload, MakerRights, WakeUp)
    use_cases = provide_all(
        AbortDirectUpload,
        AbortMultipartUpload,
        AppendToUpload,
        ApplyBatch,
        BeginDirectUpload,
        BeginMultipartUpload,
        BeginUpload,
        ChangeBucket,
        ChangeFile,
        CheckHealth,
        CheckIntegrity,
        CheckStore,
        CompleteDirectUpload,
        CompleteMultipartUpload,
        CopyPart,
        CopyFile,
        CopyOver,
        DeleteBucket,
        DeleteFile,
        EndJob,
        EndUpload,
        EnterUploadLink,
        FindBucket,
        FindCors,
        FindDirectUpload,
        FindFile,
        FindJob,
        FindLink,
        FindMultipartUpload,
        FindUpload,
        FinishUpload,
        LabelFile,
        ListAudit,
        ListBuckets,
        ListDirectUploads,
        ListByName,
        ListFiles,
        ListJobs,
        ListMultipartUploads,
        ListParts,
        ListShareLinks,
        ListUploadLinks,
        MakeUploadLink,
        MultipartCompletions,
        ResumeByLink,
        StoreByLink,
        ListUploads,
        OpenShareLink,
        PutBucket,
        ReadArchive,
        ReadFile,
        ReadText,
        Reap,
        RedirectRead,
        RepairFindings,
        RevokeLink,
        ShareFile,
        ReserveRoom,
        SignParts,
        StartJob,
        StoreFile,
        StoreObject,
        StoreOnce,
        StoreSmallFile,
        Sweep,
        UploadPart,
    )

    @provide
    def limits(self, settings: Settings) -> Limits:
        return Limits(
            max_file_size=settings.max_file_size,
            inline_bytes=settings.inline_bytes,
            staged_lease=settings.staged_lease,
            signed_url_life=settings.signed_url_life,
            direct_upload_life=settings.direct_upload_life,
            upload_ttl=settings.upload_ttl,
            job_retention=settings.job_retention,
        )

    @provide
    def work_on_jobs(self, jobs: Jobs, settings: Settings) -> WorkOnJobs:
        return WorkOnJobs(jobs, lease=JOB_LEASE * settings.job_interval)

    @provide
    def keep_audit(self, audit: Audit, settings: Settings) -> KeepAudit:
        return KeepAudit(audit, months=settings.audit_months)

    @provide
    def capacity(self, settings: Settings, callers: LimitCallers) -> Capacity:
        return Capacity(
            callers,
            uploads=settings.max_uploads,
            downloads=settings.max_downloads,
            connections=settings.database_pool_size,
        )

    @provide
    async def reservations(
        self, blob_records: BlobRecords, clock: Clock, settings: Settings
    ) -> AsyncIterator[Reservations]:
        reservations = Reservations(blob_records, clock, lease=settings.staged_lease)
        yield reservations
        await reservations.close()

    @provide
    def idempotent_executor(
        self, idempotency_keys: IdempotencyKeys, clock: Clock, settings: Settings
    ) -> IdempotentExecutor:
        return IdempotentExecutor(
            idempotency_keys, clock, lease=min(CLAIM_LEASE, settings.staged_lease), ttl=settings.idempotency_ttl
        )

    @provide
    def completions(self, complete: CompleteDirectUpload) -> DirectUploadCompletions:
        return DirectUploadCompletions(complete)

    @provide
    def lock_timings(self) -> LockTimings:
        return LockTimings()

    @provide
    def passwords(self) -> Passwords:
        return Argon2Passwords()

    @provide
    def running_hashes(self) -> RunningHashes:
        return RunningHashes()
