"""The document's description of the listing of files."""

from domain.files.errors import InvalidMetadataError
from domain.files.search.errors import InvalidFilterError, InvalidSortError
from domain.files.search.model import encode_cursor, parse_sort
from domain.values.errors import InvalidContentTypeError, InvalidCursorError
from service.http.file_examples import COPY, FILE, ORIGINAL
from service.http.openapi.operation import Answer, Operation, json_of
from service.http.resources.files.bodies import FilePage
from service.http.resources.files.openapi_where import where_schemas

SORT = "-size,metadata.artist"
PAGE = FilePage(items=[COPY, FILE], limit=2, offset=0, total=17, next=encode_cursor(ORIGINAL, parse_sort(SORT)))

LIST_FILES = Operation(
    sample=("bucket", "where", "sort"),
    schemas=where_schemas(),
    answers=(Answer(200, "A page of files.", json_of(PAGE)),),
    problems=(InvalidFilterError, InvalidSortError, InvalidCursorError, InvalidContentTypeError, InvalidMetadataError),
)
