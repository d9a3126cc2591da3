"""Failpoints: steps of the write protocol at which a test kills the server or lets its disk fail.

The service itself has no hooks: the one function that stands for an arrow is replaced by one that acts before it or
after it. `python -m tests.support.processes.failpoints <failpoint> serve` is the `fileport` command with a failpoint.
"""

import errno
import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from threading import Lock
from typing import Any, Literal, NoReturn

import msgspec

_CATALOG = "adapters.postgres"
_DISK = "adapters.disk"
_S3 = "adapters.s3"

# The arrows of the protocol, in its order, and the functions that they stand at, each as the module that calls it sees
# it. `before`: the step has not begun. `after`: it is done, and its caller has not seen the result. After
# `commit.statements`, for example, COMMIT is not sent yet; after `commit`, it was acknowledged.
ARROWS: Mapping[str, tuple[str, ...]] = {
    # Step 1: a row names the key.
    "reserve": (f"{_CATALOG}.blobs:PostgresBlobRecords.reserve_blobs",),
    "room": (f"{_CATALOG}.quotas.reservations:PostgresQuotas.reserve_room",),
    "room.statements": (
        f"{_CATALOG}.quotas.reservations:reserve",
        f"{_CATALOG}.uploads:reserve",
        f"{_CATALOG}.multipart.parts:reserve",
    ),
    "renew": (f"{_CATALOG}.blobs:PostgresBlobRecords.renew_leases",),
    # An idempotency key is claimed before, and finished by the change, as the last statement of its transaction.
    "key.claim": (f"{_CATALOG}.idempotency:PostgresIdempotencyKeys.claim_key",),
    "key.renew": (f"{_CATALOG}.idempotency:PostgresIdempotencyKeys.renew_claims",),
    "key.finish": (f"{_CATALOG}.files.commit:finish", f"{_CATALOG}.batches:finish", f"{_CATALOG}.idempotency:finish"),
    "key.give_up": (f"{_CATALOG}.idempotency:PostgresIdempotencyKeys.give_up_claim",),
    # Step 2: the bytes.
    "put": (f"{_DISK}.blob_store:DiskBlobStore.put", f"{_S3}.blob_store:S3BlobStore.put"),
    "disk.write": (f"{_DISK}.staged_file:StagedFile._write", f"{_DISK}.partial_file:PartialFile.write"),
    "disk.sync": (f"{_DISK}.staged_file:StagedFile._sync", f"{_DISK}.partial_file:PartialFile._sync"),
    "disk.rename": (f"{_DISK}.staged_file:StagedFile._rename", f"{_DISK}.partial_file:PartialFile._rename"),
    "disk.sync_directory": (f"{_DISK}.staged_file:sync_directory", f"{_DISK}.partial_file:sync_directory"),
    "s3.put_object": (
        f"{_S3}.blob_store:put_object",
        f"{_S3}.multipart.remainders:put_object",
        f"{_S3}.partials:put_object",
        f"{_S3}.part_blobs:put_object",
        f"{_S3}.multipart.concatenation:put_object",
    ),
    "s3.create": (
        f"{_S3}.multipart.requests:create_upload",
        f"{_S3}.multipart.appending:create_upload",
        f"{_S3}.part_blobs:create_upload",
    ),
    "s3.part": (
        f"{_S3}.multipart.upload:send_part",
        f"{_S3}.part_blobs:send_part",
        f"{_S3}.multipart.appending:send_part",
        f"{_S3}.partials:send_part",
        f"{_S3}.multipart.concatenation:send_part",
    ),
    "s3.complete": (
        f"{_S3}.multipart.upload:complete_upload",
        f"{_S3}.part_blobs:complete_upload",
        f"{_S3}.partials:complete_upload",
        f"{_S3}.multipart.concatenation:complete_upload",
    ),
    "s3.abort": (f"{_S3}.multipart.requests:abort_upload",),
    # A failed upload releases its key.
    "release": (f"{_CATALOG}.blobs:PostgresBlobRecords.release_blobs",),
    # Step 3: the file, in one transaction.
    "commit": (f"{_CATALOG}.files.files:PostgresFiles.commit_file",),
    "commit.statements": (f"{_CATALOG}.files.files:commit", f"{_CATALOG}.files.at_once:commit"),
    "commit.live": (f"{_CATALOG}.files.commit:make_live",),
    "commit.insert": (f"{_CATALOG}.files.commit:insert",),
    "commit.replace": (f"{_CATALOG}.files.commit:_replace",),
    "commit.release": (f"{_CATALOG}.files.commit:release",),
    "commit.usage": (f"{_CATALOG}.files.commit:count_usage",),
    # Most of them by one statement, or one beside the lock of a bucket with a quota.
    "commit.at_once": (f"{_CATALOG}.files.files:commit_at_once",),
    "commit.within_quota": (f"{_CATALOG}.files.at_once:_store_within_quota",),
    "answer": ("service.http.resources.content.stores:stored_response",),
    # Direct uploads: a row, and a multipart upload, before the client can send; then the copy, and its commit.
    "direct.begin": (f"{_S3}.direct_access:S3DirectAccess.begin_parts",),
    "direct.open": (f"{_CATALOG}.direct_uploads:PostgresDirectUploads.open_direct_upload",),
    "direct.claim": (f"{_CATALOG}.direct_uploads:PostgresDirectUploads.claim_direct_upload",),
    "direct.join": (f"{_S3}.direct_access:S3DirectAccess.join_parts",),
    "direct.copy": (f"{_S3}.direct_access:S3DirectAccess.copy",),
    "direct.commit": (f"{_CATALOG}.direct_uploads:PostgresDirectUploads.commit_direct_upload",),
    "direct.commit.statements": (f"{_CATALOG}.direct_uploads:_commit",),
    "direct.commit.file": (f"{_CATALOG}.direct_uploads:commit",),
    "direct.abort": (f"{_CATALOG}.direct_uploads:PostgresDirectUploads.abort_direct_upload",),
    # Resumable uploads: their locks, their multipart state, and their end, which is a commit as above.
    "upload.begin": (f"{_CATALOG}.uploads:PostgresUploads.create_upload",),
    "upload.lock": (f"{_CATALOG}.upload_locks:PostgresUploadLocks.acquire_lock",),
    "upload.save": (f"{_CATALOG}.uploads:PostgresUploads.save_progress",),
    "upload.append": (f"{_DISK}.partials:DiskPartialBlobs.append", f"{_S3}.partials:S3PartialBlobs.append"),
    "upload.complete": (f"{_DISK}.partials:DiskPartialBlobs.complete", f"{_S3}.partials:S3PartialBlobs.complete"),
    "upload.concatenate": (
        f"{_DISK}.partials:DiskPartialBlobs.concatenate",
        f"{_S3}.partials:S3PartialBlobs.concatenate",
    ),
    "upload.part": (f"{_CATALOG}.uploads:PostgresUploads.finish_part",),
    "upload.finish": (f"{_CATALOG}.uploads:PostgresUploads.finish_upload",),
    "upload.finish.commit": (f"{_CATALOG}.uploads:commit",),
    "upload.end": (f"{_CATALOG}.uploads:PostgresUploads.end_upload",),
    "upload.answer": ("service.http.resources.uploads.routes:added_response",),
    # Multipart uploads: each part is recorded once its bytes are durable; then they are joined, and committed as above.
    "multipart.open": (f"{_CATALOG}.multipart.uploads:PostgresMultipartUploads.open_upload",),
    "multipart.begin_part": (f"{_CATALOG}.multipart.uploads:PostgresMultipartUploads.begin_part",),
    "multipart.bytes": (
        f"{_DISK}.part_blobs:DiskPartBlobs.put_part",
        f"{_S3}.part_blobs:S3PartBlobs.put_part",
    ),
    "multipart.put_part": (f"{_CATALOG}.multipart.uploads:PostgresMultipartUploads.put_part",),
    "multipart.put_part.statements": (f"{_CATALOG}.multipart.uploads:put",),
    "multipart.claim": (f"{_CATALOG}.multipart.uploads:PostgresMultipartUploads.claim_completion",),
    "multipart.join": (f"{_DISK}.part_blobs:DiskPartBlobs.join", f"{_S3}.part_blobs:S3PartBlobs.join"),
    "multipart.commit": (f"{_CATALOG}.multipart.uploads:PostgresMultipartUploads.commit_upload",),
    "multipart.commit.statements": (f"{_CATALOG}.multipart.uploads:complete",),
    "multipart.commit.file": (f"{_CATALOG}.multipart.completion:commit",),
    "multipart.abort": (f"{_CATALOG}.multipart.uploads:PostgresMultipartUploads.abort_upload",),
    # Other changes of files and buckets. `file.…` are steps that they share.
    "change": (f"{_CATALOG}.files.files:PostgresFiles.change_file",),
    "change.statements": (f"{_CATALOG}.files.files:change",),
    "copy": (f"{_CATALOG}.files.files:PostgresFiles.copy_file",),
    "copy.statements": (f"{_CATALOG}.files.files:copy",),
    "copy.share": (f"{_CATALOG}.files.changes:share",),
    "delete": (f"{_CATALOG}.files.files:PostgresFiles.delete_file",),
    "delete.statements": (f"{_CATALOG}.files.files:_delete",),
    "file.release": (f"{_CATALOG}.files.changes:release",),
    "file.usage": (f"{_CATALOG}.files.changes:count_usage",),
    "batch": (f"{_CATALOG}.batches:PostgresBatches.apply_batch",),
    "batch.statements": (f"{_CATALOG}.batches:apply",),
    "batch.operation": (f"{_CATALOG}.batches:attempt",),
    "bucket.put": (f"{_CATALOG}.buckets:PostgresBuckets.put_bucket",),
    "bucket.delete": (f"{_CATALOG}.buckets:PostgresBuckets.delete_bucket",),
    "bucket.delete.statements": (f"{_CATALOG}.buckets:_delete",),
    "bucket.delete.release": (f"{_CATALOG}.buckets:release",),
    # Jobs: each step is one transaction.
    "job.create": (f"{_CATALOG}.jobs:PostgresJobs.create_job",),
    "job.step": (f"{_CATALOG}.jobs:PostgresJobs.advance_job",),
    "job.step.statements": (f"{_CATALOG}.jobs:_advance",),
    "job.step.files": (f"{_CATALOG}.jobs:apply",),
    # Step 6: the reaper.
    "reap.expire": (f"{_CATALOG}.files.files:PostgresFiles.expire_files",),
    "reap.expire.statements": (f"{_CATALOG}.files.files:expire",),
    "reap.lapse": (f"{_CATALOG}.blobs:PostgresBlobRecords.condemn_lapsed",),
    "reap.rooms": (f"{_CATALOG}.quotas.reservations:PostgresQuotas.release_orphaned",),
    "reap.keys": (f"{_CATALOG}.idempotency:PostgresIdempotencyKeys.forget_keys",),
    "reap.claim": (f"{_CATALOG}.blobs:PostgresBlobRecords.claim_condemned",),
    "reap.abort": (f"{_DISK}.blob_store:DiskBlobStore.abort", f"{_S3}.blob_store:S3BlobStore.abort"),
    "reap.delete": (f"{_DISK}.blob_store:DiskBlobStore.delete", f"{_S3}.blob_store:S3BlobStore.delete"),
    "reap.inline": (f"{_CATALOG}.blobs:PostgresBlobRecords.forget_inline",),
    "reap.forget": (f"{_CATALOG}.blobs:PostgresBlobRecords.forget_blobs",),
}

_KILL = "kill"


class Failpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An arrow, and the call of its step that fails: the `nth` in this process, from 1; with `onwards`, all later ones.

    `errno` is the operating system's error to raise; without one, the server is killed.
    """

    arrow: str
    position: Literal["before", "after"]
    nth: int = 1
    onwards: bool = False
    errno: int | None = None


def read_failpoint(text: str) -> Failpoint:
    """Parse `<arrow>:<before|after>[:<nth>[+]][:<action>]`. Raises `ValueError` with one line for a person."""
    arrow, _, rest = text.partition(":")
    position, _, rest = rest.partition(":")
    if arrow not in ARROWS:
        raise ValueError(f"Unknown arrow {arrow!r}: docs/failpoints.md lists them all.")
    if position not in {"before", "after"}:
        raise ValueError(f"The position is before or after, not {position!r}.")
    count, _, action = rest.partition(":") if rest[:1].isdigit() else ("1", "", rest)
    nth, onwards = count.removesuffix("+"), count.endswith("+")
    if not (nth.isascii() and nth.isdigit() and int(nth)):
        raise ValueError(f"Calls count from 1, not {count!r}.")
    code = None if action in {"", _KILL} else _errno(action)
    if code is not None and not (arrow.startswith("disk.") and position == "before"):
        raise ValueError(f"Only before an arrow of the disk can a step raise {action}.")
    return Failpoint(
        arrow=arrow,
        position="before" if position == "before" else "after",
        nth=int(nth),
        onwards=onwards,
        errno=code,
    )


def run(failpoint: Failpoint, arguments: Sequence[str]) -> int:
    """Run `fileport` with these arguments and the failpoint armed in each worker, and return its exit status."""
    # Each worker counts its own calls. And the server must not import metrics before its workers share a directory.
    os.register_at_fork(after_in_child=partial(arm, failpoint))
    from service.cli import main  # noqa: PLC0415 - a failpoint that is wrong should not wait for the service's imports

    return main(arguments)


def arm(failpoint: Failpoint) -> None:
    """Replace the functions that the failpoint's arrow stands at, for as long as this process lives."""
    trigger = _Trigger(failpoint)
    for function in ARROWS[failpoint.arrow]:
        owner, name = resolve(function)
        setattr(owner, name, _wrapped(getattr(owner, name), trigger))


def resolve(function: str) -> tuple[Any, str]:
    """Return the module or class that has the function, and the function's name there.

    Raises `ImportError` or `AttributeError` where the code has changed and the table has not.
    """
    module, _, path = function.partition(":")
    owner: Any = importlib.import_module(module)
    *classes, name = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    getattr(owner, name)
    return owner, name


class _Trigger:
    """Counts the calls of a step, from any thread, and acts at the right one."""

    def __init__(self, failpoint: Failpoint) -> None:
        self._failpoint = failpoint
        self._calls = 0
        self._counting = Lock()

    def before(self) -> None:
        if self._failpoint.position == "before":
            self._count()

    def after(self, result: object) -> None:
        # The reaper looks again and again: a look that finds nothing does not count as a step.
        found_nothing = result in (0, [])
        if self._failpoint.position == "after" and not found_nothing:
            self._count()

    def _count(self) -> None:
        with self._counting:
            self._calls += 1
            calls = self._calls
        failpoint = self._failpoint
        if calls == failpoint.nth or (failpoint.onwards and calls > failpoint.nth):
            _act(failpoint)


def _act(failpoint: Failpoint) -> None:
    if failpoint.errno is not None:
        raise OSError(failpoint.errno, os.strerror(failpoint.errno))
    # The server first: it would notice the end of its worker and shut down gracefully.
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(step: Callable[..., Any], trigger: _Trigger) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(step):

        @wraps(step)
        async def awaited(*arguments: Any, **named: Any) -> Any:
            trigger.before()
            result = await step(*arguments, **named)
            trigger.after(result)
            return result

        return awaited

    @wraps(step)
    def called(*arguments: Any, **named: Any) -> Any:
        trigger.before()
        result = step(*arguments, **named)
        trigger.after(result)
        return result

    return called


def _errno(name: str) -> int:
    if name not in errno.errorcode.values():
        raise ValueError(f"Unknown action {name!r}: kill, or an error of the operating system such as ENOSPC.")
    code: int = getattr(errno, name)
    return code


def main(arguments: Sequence[str]) -> NoReturn:
    """Run `fileport` with the failpoint that the first argument names, and exit."""
    if not arguments:
        sys.exit("python -m tests.support.processes.failpoints <failpoint> serve")
    text, *command = arguments
    try:
        failpoint = read_failpoint(text)
    except ValueError as error:
        sys.exit(str(error))
    sys.exit(run(failpoint, command))


if __name__ == "__main__":
    main(sys.argv[1:])
