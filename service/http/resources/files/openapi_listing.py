"""The document's description of the listing of files."""

from domain.files.errors import InvalidMetadataError
from domain.files.search.errors import InvalidFilterError, InvalidSortError
from domain.files.search.model import SORT_PATTERN, encode_cursor, parse_sort
from domain.values.errors import InvalidContentTypeError, InvalidCursorError
from domain.values.media_types import TypePattern
from service.http.file_examples import COPY, FILE, ORIGINAL
from service.http.openapi.operation import Answer, Operation, Parameter, json_of
from service.http.openapi.schemas import schema_of
from service.http.queries import STORABLE
from service.http.resources.files.bodies import FilePage
from service.http.resources.files.openapi_where import reference, where_schemas
from service.http.tags import FILES

_SORT = "-size,metadata.artist"
_PAGE = FilePage(items=[COPY, FILE], limit=2, offset=0, total=17, next=encode_cursor(ORIGINAL, parse_sort(_SORT)))
_TIME = {"format": "date-time"}
_NOVEMBER, _DECEMBER = "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"

LIST_FILES = Operation(
    tag=FILES,
    parameters={
        "bucket": Parameter("Files in this bucket.", "music", STORABLE),
        "prefix": Parameter("Files whose names begin so.", "queen/", STORABLE),
        "name": Parameter("Files of exactly this name.", FILE.name, STORABLE),
        "search": Parameter(
            "Files whose names have, for each of these words, one that begins with it. Case does not matter; a word is "
            "a run of letters and digits, of which there must be one.",
            "night oper",
            {"minLength": 1},
        ),
        "content_type": Parameter(
            "Files of this type: `type/subtype` or `type/*`. Parameters of the file's type do not count.",
            "audio/*",
            schema_of(TypePattern),
        ),
        "tag": Parameter(
            "Files that have this tag; repeated, all of them.",
            ["album", "lossless"],
            {"items": {"type": "string", **STORABLE}},
        ),
        "metadata": Parameter(
            "Files whose metadata contain this JSON object.", {"artist": "Queen"}, {"type": "object"}, is_json=True
        ),
        "where": Parameter(
            "A filter in JSON, over fields and paths into metadata.",
            {"metadata.artist": {"ilike": "%queen%"}, "size": {"gte": 1024}},
            reference("Where"),
            is_json=True,
        ),
        "min_size": Parameter("Files of at least so many bytes.", 1024),
        "max_size": Parameter("Files of at most so many bytes.", 104_857_600),
        "created_after": Parameter("Files created at this time or later.", _NOVEMBER, _TIME),
        "created_before": Parameter("Files created before this time.", _DECEMBER, _TIME),
        "updated_after": Parameter("Files changed at this time or later.", _NOVEMBER, _TIME),
        "updated_before": Parameter("Files changed before this time.", _DECEMBER, _TIME),
        "sort": Parameter(
            "Up to four fields, `metadata.key` among them, with commas between; `-` before one for descending. Files "
            "without a value come last. Without it: the newest first.",
            _SORT,
            {"pattern": SORT_PATTERN},
        ),
        "limit": Parameter("At most so many items.", 20),
        "cursor": Parameter("The page after another: that one's `next`. It goes with the same sort only.", _PAGE.next),
        "offset": Parameter("Leave out so many items first. A cursor is faster, and never skips or repeats.", 40),
        "total": Parameter("Whether to count all files that pass the filters.", True),
    },
    sample=("bucket", "where", "sort"),
    schemas=where_schemas(),
    answers=(Answer(200, "A page of files.", json_of(_PAGE)),),
    problems=(
        InvalidFilterError,
        InvalidSortError,
        InvalidCursorError,
        InvalidContentTypeError,
        InvalidMetadataError,
    ),
)
