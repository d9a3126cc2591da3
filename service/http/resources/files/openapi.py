"""The document's descriptions of files' records."""

from datetime import UTC, datetime

from domain.files.change_file import ChangeFile
from domain.files.copy_file import CopyFile
from domain.files.delete_file import DeleteFile
from domain.files.find_file import FindFile
from domain.files.model import Destination
from domain.files.patches import FilePatch
from service.http.file_examples import COPY, FILE, FILE_ID, PATCHED, RATE, UNCHANGED
from service.http.json_bodies import MERGE_PATCH
from service.http.openapi.headers import ETAG, IDEMPOTENCY_KEY, LAST_MODIFIED, LOCATION, ON_CHANGES, ON_READS
from service.http.openapi.operation import JSON, Answer, Operation, json_of
from service.http.tags import FILES

_MOVE = FilePatch(bucket="archive", name=FILE.name, expires_at=datetime(2030, 1, 1, tzinfo=UTC))
_BY_ID = {"file_id": FILE_ID}

GET_FILE = Operation(
    tag=FILES,
    parameters=_BY_ID,
    headers=ON_READS,
    answers=(Answer(200, "The file.", json_of(FILE), (ETAG, LAST_MODIFIED)), UNCHANGED),
    problems=FindFile.errors,
)
PATCH_FILE = Operation(
    tag=FILES,
    parameters=_BY_ID,
    headers=ON_CHANGES,
    body=json_of(RATE, move=_MOVE, media_types=(MERGE_PATCH, JSON)),
    answers=(Answer(200, "The file as it is now.", json_of(PATCHED), (ETAG,)),),
    problems=ChangeFile.errors,
)
DELETE_FILE = Operation(
    tag=FILES,
    parameters=_BY_ID,
    headers=ON_CHANGES,
    answers=(Answer(204, "The file is gone."),),
    problems=DeleteFile.errors,
)
COPY_FILE = Operation(
    tag=FILES,
    parameters=_BY_ID,
    headers=(*ON_CHANGES, IDEMPOTENCY_KEY),
    body=json_of(Destination(bucket=COPY.bucket, name=COPY.name)),
    answers=(Answer(201, "The copy.", json_of(COPY), (ETAG, LOCATION)),),
    problems=CopyFile.errors,
)
