"""The document's descriptions of the audit."""

from datetime import timedelta
from uuid import UUID

from domain.audit.model import AuditEntry, AuditPosition
from domain.errors import QueryTooExpensiveError
from domain.files.search.errors import InvalidFilterError
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError
from service.http.bodies.file_examples import CHANGED, FILE
from service.http.openapi.operation import Operation, Response
from service.http.resources.audit.bodies import AuditPageBody, entry_body

CALLER = "key:01a21b12-a30a-7c15-97ca-9ab57d30d397"
REPLACED = AuditEntry(
    id=UUID("8c1f6a52-0f4e-4c7d-9a3b-5e2d7c1b9f08"),
    at=CHANGED,
    action="file.replace",
    caller=CALLER,
    address="203.0.113.7",
    request_id="019a6b2c-1f3e-7a55-b0c6-5d9e8f70a1b2",
    bucket=FILE.bucket,
    file_id=FILE.id,
    name=FILE.name,
)
_denied = AuditEntry(
    id=UUID("2d9b4c10-7e5a-4f83-8b6d-c0a1e3f57942"),
    at=CHANGED - timedelta(seconds=94),
    action="access.delete",
    outcome="denied",
    caller=CALLER,
    address="203.0.113.7",
    request_id="019a6b2a-90c1-7d0e-9f4b-1c2d3e4f5a6b",
    bucket=FILE.bucket,
    file_id=FILE.id,
    name=FILE.name,
    count=3,
)
PAGE = AuditPageBody(
    items=[entry_body(REPLACED), entry_body(_denied)],
    limit=2,
    next=encode_position(AuditPosition(at=_denied.at, id=_denied.id)),
)
LIST_AUDIT = Operation(
    responses=(Response(200, "A page of entries.", PAGE),),
    problems=(InvalidFilterError, InvalidCursorError, QueryTooExpensiveError),
    sample=("bucket", "since"),
)
