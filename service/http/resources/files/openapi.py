"""The document's descriptions of files' records."""

from datetime import UTC, datetime

from domain.files.model import Destination
from domain.files.patches import FilePatch
from service.http.file_examples import COPY, FILE, PATCHED, RATE, UNCHANGED
from service.http.json_bodies import MERGE_PATCH
from service.http.openapi.headers import ETAG, IDEMPOTENCY_KEY, LAST_MODIFIED, LOCATION, ON_CHANGES, ON_READS
from service.http.openapi.operation import JSON, Answer, Operation, json_of

_MOVE = FilePatch(bucket="archive", name=FILE.name, expires_at=datetime(2030, 1, 1, tzinfo=UTC))

GET_FILE = Operation(
    headers=ON_READS, answers=(Answer(200, "The file.", json_of(FILE), (ETAG, LAST_MODIFIED)), UNCHANGED)
)
PATCH_FILE = Operation(
    headers=ON_CHANGES,
    body=json_of(RATE, move=_MOVE, media_types=(MERGE_PATCH, JSON)),
    answers=(Answer(200, "The file as it is now.", json_of(PATCHED), (ETAG,)),),
)
DELETE_FILE = Operation(headers=ON_CHANGES, answers=(Answer(204, "The file is gone."),))
COPY_FILE = Operation(
    headers=(*ON_CHANGES, IDEMPOTENCY_KEY),
    body=json_of(Destination(bucket=COPY.bucket, name=COPY.name)),
    answers=(Answer(201, "The copy.", json_of(COPY), (ETAG, LOCATION)),),
)
