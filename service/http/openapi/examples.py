"""The bucket and the files that the document's examples are about."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from domain.blobs.direct_access import SignedRequest
from domain.buckets.model import Bucket, Policy, Usage
from domain.direct_uploads.model import DirectUpload, Failure
from domain.direct_uploads.sign_parts import SignedPart
from domain.errors import PreconditionFailedError
from domain.files.errors import NameTakenError
from domain.files.model import Destination, File, NewFile
from domain.files.patches import FilePatch
from domain.files.search.model import encode_cursor, parse_sort
from domain.jobs.model import Job, JobPosition, JobProblem, PrefixDestination, Progress, Task
from domain.values.cursors import encode_position
from domain.values.digests import Digest
from service.http.problems import problem_of
from service.http.representations import file_body
from service.http.resources.archives.bodies import ArchiveRequest
from service.http.resources.batches.bodies import (
    BatchAnswer,
    BatchRequest,
    CopyOperation,
    DeleteOperation,
    MoveOperation,
    OperationResult,
    PatchOperation,
)
from service.http.resources.buckets.bodies import BucketPage, bucket_body
from service.http.resources.direct_uploads.bodies import (
    DirectUploadPage,
    DirectUploadRequest,
    direct_upload_body,
    opened_upload_body,
    part_page,
)
from service.http.resources.files.bodies import FilePage
from service.http.resources.health.bodies import Liveness, Readiness
from service.http.resources.jobs.bodies import JobPageBody, job_body
from service.http.resources.uploads.bodies import UploadBody, UploadPage

_NOVEMBER = datetime(2026, 11, 3, 9, 26, 12, 480_211, tzinfo=UTC)
_NEXT_DAY = datetime(2026, 11, 4, 9, 26, 12, 480_211, tzinfo=UTC)
_LATER = datetime(2026, 11, 3, 9, 33, 2, 17_604, tzinfo=UTC)
_LATEST = datetime(2026, 11, 3, 9, 33, 9, 640_158, tzinfo=UTC)
_NAME = "queen/a night at the opera.flac"

_file = File(
    id=UUID("019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"),
    bucket="music",
    name=_NAME,
    content_type="audio/flac",
    size=31_457_280,
    sha256="5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    blob_key="",
    metadata={"artist": "Queen", "year": 1975},
    tags=("album", "lossless"),
    revision=1,
    created_at=_NOVEMBER,
    updated_at=_NOVEMBER,
)
_copy = replace(
    _file,
    id=UUID("019a6b24-90aa-7d03-8a51-c4e2f7b9016d"),
    name="backup/a night at the opera.flac",
    created_at=_LATER,
    updated_at=_LATER,
)
_second = replace(_file, revision=2, updated_at=_LATER)

FILE = file_body(_file)
REPLACED = file_body(_second)
PATCHED = file_body(replace(_second, metadata={"artist": "Queen", "year": 1975, "rating": 5}, tags=("album",)))
COPY = file_body(_copy)
SORT = "-size,metadata.artist"
PAGE = FilePage(items=[COPY, FILE], limit=2, offset=0, total=17, next=encode_cursor(_file, parse_sort(SORT)))

RATE = FilePatch(metadata={"rating": 5}, tags=("album",))
MOVE = FilePatch(bucket="archive", name=_NAME, expires_at=datetime(2030, 1, 1, tzinfo=UTC))
DESTINATION = Destination(bucket=COPY.bucket, name=COPY.name)
ARCHIVE_REQUEST = ArchiveRequest(ids=(FILE.id, COPY.id), name="opera.zip")

BATCH = BatchRequest(
    operations=[
        PatchOperation(id=FILE.id, patch=RATE),
        CopyOperation(id=FILE.id, to=Destination(name=COPY.name)),
        MoveOperation(bucket=COPY.bucket, name=COPY.name, to=Destination(name="old/opera.flac")),
        DeleteOperation(id=FILE.id, if_match=FILE.etag),
        DeleteOperation(bucket=COPY.bucket, name="old/opera.flac"),
    ]
)
BATCH_ANSWER = BatchAnswer(
    results=[
        OperationResult(status=200, file=PATCHED),
        OperationResult(status=201, file=COPY),
        OperationResult(status=200, file=file_body(replace(_copy, name="old/opera.flac", revision=2))),
        OperationResult(
            status=412,
            problem=problem_of(PreconditionFailedError("If-Match: the file is not in the state that was asked for.")),
        ),
        OperationResult(status=204),
    ]
)

DELETE_TASK = Task(kind="delete", bucket="music", prefix="drafts/")
MOVE_TASK = Task(kind="move", bucket="music", prefix="queen/", to=PrefixDestination(bucket="archive", prefix="q/"))
_waiting = Job(
    id=UUID("019a6b2c-1f3e-7a55-b0c6-5d9e8f70a1b2"),
    task=MOVE_TASK,
    state="queued",
    progress=Progress(),
    created_at=_LATER,
    updated_at=_LATER,
)
_running = replace(
    _waiting,
    state="running",
    progress=Progress(
        done=1249, failed=1, problems=(JobProblem(name=FILE.name, id=FILE.id, code=NameTakenError.code),)
    ),
    updated_at=_LATEST,
)
_ended = replace(_running, state="done", progress=replace(_running.progress, done=16_999), finished_at=_LATEST)
QUEUED_JOB = job_body(
    replace(
        _waiting,
        id=UUID("019a6b2d-7c41-7f02-9d1e-2b6a4c8e0f13"),
        task=DELETE_TASK,
        created_at=_LATEST,
        updated_at=_LATEST,
    )
)
RUNNING_JOB = job_body(_running)
ENDED_JOB = job_body(_ended)
CANCELLED_JOB = job_body(replace(_running, state="cancelled", finished_at=_LATEST))
JOB_PAGE = JobPageBody(
    items=[QUEUED_JOB, RUNNING_JOB],
    limit=2,
    next=encode_position(JobPosition(created_at=_running.created_at, id=_running.id)),
)

POLICY = Policy(
    max_file_size=104_857_600,
    allowed_types=("audio/*", "image/*"),
    quota_bytes=10_737_418_240,
    default_ttl=31_536_000,
    public=False,
    cache_control="private, max-age=3600",
)
_bucket = Bucket(name="music", policy=POLICY, created_at=_NOVEMBER, usage=Usage(bytes=534_773_760, files=17))
NEW_BUCKET = bucket_body(replace(_bucket, usage=Usage()))
BUCKET = bucket_body(_bucket)
BUCKET_PAGE = BucketPage(
    items=[bucket_body(Bucket(name="default", policy=Policy(), created_at=_NOVEMBER)), BUCKET],
    limit=2,
    next=encode_position("music"),
)

DIRECT_UPLOAD_REQUEST = DirectUploadRequest(
    bucket=FILE.bucket,
    name=_NAME,
    size=_file.size,
    sha256=_file.sha256,
    metadata=_file.metadata,
    tags=_file.tags,
    part_size=16_777_216,
)
_upload = DirectUpload(
    id=UUID("019a6b1c-02f4-7e6a-b1d8-54c09be7a3f1"),
    file=NewFile(
        bucket=_file.bucket,
        name=_NAME,
        content_type=_file.content_type,
        metadata=_file.metadata,
        tags=_file.tags,
        digests=(Digest("sha-256", bytes.fromhex(_file.sha256)),),
    ),
    size=_file.size,
    part_size=16_777_216,
    key="",
    multipart_id="",
    state="open",
    file_id=None,
    failure=None,
    created_at=_NOVEMBER,
    expires_at=_NEXT_DAY,
)
_parts = [
    SignedPart(
        number=number,
        size=_upload.size_of_part(number),
        request=SignedRequest(
            method="PUT",
            url=f"https://fileport.s3.eu-central-1.amazonaws.com/27/019a…27?partNumber={number}&X-Amz-Expires=900&…",
            headers={"Content-Length": str(_upload.size_of_part(number))},
        ),
    )
    for number in (1, 2)
]
DIRECT_UPLOAD = direct_upload_body(_upload)
OPENED_UPLOAD = opened_upload_body(_upload, _parts)
PARTS = part_page(_upload, _parts)
COMPLETING = direct_upload_body(replace(_upload, state="completing"))
FAILED = direct_upload_body(
    replace(
        _upload,
        state="failed",
        failure=Failure(code="digest_mismatch", detail="The sha-256 of the body is not the one that was declared."),
    )
)
DIRECT_UPLOAD_PAGE = DirectUploadPage(items=[DIRECT_UPLOAD], limit=1, next=encode_position(DIRECT_UPLOAD.id))
UPLOAD = UploadBody(
    id=UUID("019a6b1d-0f3a-7a52-b7c1-5e2f9d3a4b60"),
    kind="whole",
    bucket="music",
    name=_NAME,
    content_type="audio/flac",
    metadata={"artist": "Queen"},
    tags=None,
    length=31_457_280,
    received=8_388_608,
    created_at=_NOVEMBER,
    expires_at=datetime(2026, 11, 4, 9, 33, 2, 17_604, tzinfo=UTC),
)
UPLOAD_PAGE = UploadPage(items=[UPLOAD], limit=2, next=encode_position(UPLOAD.id))

LIVE = Liveness()
READY = Readiness(status="ok", catalog="ok", blob_store="ok")
NOT_READY = Readiness(status="failing", catalog="failing", blob_store="ok")
METRICS = """\
# HELP fileport_response_bytes_total Bytes of answers' bodies.
# TYPE fileport_response_bytes_total counter
fileport_response_bytes_total{method="GET",route="/v1/files"} 81920.0
"""
