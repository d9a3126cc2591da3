"""The document's descriptions of files' records."""

from datetime import UTC, datetime

from domain.errors import OverloadedError, QueryTooExpensiveError
from domain.files.errors import InvalidMetadataError
from domain.files.model import Destination
from domain.files.patches import FilePatch
from domain.files.search.errors import InvalidFilterError, InvalidSortError
from domain.files.search.model import encode_cursor, parse_sort
from domain.values.errors import InvalidContentTypeError, InvalidCursorError
from service.http.bodies.file_examples import COPY, FILE, ORIGINAL, PATCHED, RATE, UNCHANGED
from service.http.json_bodies import MERGE_PATCH
from service.http.openapi.headers import ETAG, IDEMPOTENCY_KEY, LAST_MODIFIED, LOCATION, ON_CHANGES, ON_READS
from service.http.openapi.operation import JSON, Operation, Response, json_of
from service.http.resources.files.bodies import FilePage
from service.http.resources.files.openapi_where import where_schemas

SORT = "-size,metadata.artist"
PAGE = FilePage(items=[COPY, FILE], limit=2, offset=0, total=17, next=encode_cursor(ORIGINAL, parse_sort(SORT)))
_MOVE = FilePatch(bucket="archive", name=FILE.name, expires_at=datetime(2030, 1, 1, tzinfo=UTC))

LIST_FILES = Operation(
    sample=("bucket", "where", "sort"),
    schemas=where_schemas(),
    responses=(Response(200, "A page of files.", PAGE),),
    problems=(
        OverloadedError,
        QueryTooExpensiveError,
        InvalidFilterError,
        InvalidSortError,
        InvalidCursorError,
        InvalidContentTypeError,
        InvalidMetadataError,
    ),
)
GET_FILE = Operation(headers=ON_READS, responses=(Response(200, "The file.", FILE, (ETAG, LAST_MODIFIED)), UNCHANGED))
PATCH_FILE = Operation(
    headers=ON_CHANGES,
    body=json_of(RATE, move=_MOVE, media_types=(MERGE_PATCH, JSON)),
    responses=(Response(200, "The file as it is now.", PATCHED, (ETAG,)),),
)
DELETE_FILE = Operation(headers=ON_CHANGES, responses=(Response(204, "The file is gone."),))
COPY_FILE = Operation(
    headers=(*ON_CHANGES, IDEMPOTENCY_KEY),
    body=json_of(Destination(bucket=COPY.bucket, name=COPY.name)),
    responses=(Response(201, "The copy.", COPY, (ETAG, LOCATION)),),
)
