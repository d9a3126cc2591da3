"""The document's description of batches."""

from msgspec.structs import replace

from domain.batches.errors import NotAttemptedError
from domain.errors import OutcomeUnknownError, PreconditionFailedError
from domain.files.model import Destination
from service.http.bodies.file_examples import COPIED, COPY, FILE, PATCHED, RATE
from service.http.bodies.representations import file_body
from service.http.headers.conditions import InvalidConditionError
from service.http.openapi.headers import IDEMPOTENCY_KEY
from service.http.openapi.operation import Operation, Response, json_of
from service.http.problems import problem_of
from service.http.resources.batches import bodies

_BATCH = bodies.BatchRequest(
    operations=[
        bodies.PatchOperation(id=FILE.id, patch=RATE),
        bodies.CopyOperation(id=FILE.id, to=Destination(name=COPY.name)),
        bodies.MoveOperation(bucket=COPY.bucket, name=COPY.name, to=Destination(name="old/opera.flac")),
        bodies.DeleteOperation(id=FILE.id, if_match=FILE.etag),
        bodies.DeleteOperation(bucket=COPY.bucket, name="old/opera.flac"),
    ]
)
_REFUSED = PreconditionFailedError("If-Match: the file is not in the state that was asked for.")
_ANSWER = bodies.BatchAnswer(
    results=[
        bodies.OperationResult(status=200, file=PATCHED),
        bodies.OperationResult(status=201, file=COPY),
        bodies.OperationResult(status=200, file=file_body(replace(COPIED, name="old/opera.flac", revision=2))),
        bodies.OperationResult(status=412, problem=problem_of(_REFUSED)),
        bodies.OperationResult(status=204),
    ]
)

APPLY_BATCH = Operation(
    description=(
        "One after the other, each as if it came alone: an operation that fails does not hold up the others, and "
        "has the status and the problem that it would have alone. The answer is 200 as soon as there are results. "
        "They are made in chunks, each a transaction. Where the catalog fails amid them, the operations of that "
        f"chunk say so, with `{OutcomeUnknownError.code}` where they may have happened; those behind it are "
        f"`{NotAttemptedError.code}`; those before it stay. With an `Idempotency-Key` the batch may be sent again: "
        "what was done, refusals included, is answered as it was, and the batch goes on behind that."
    ),
    headers=(IDEMPOTENCY_KEY,),
    body=json_of(_BATCH),
    responses=(Response(200, "What became of each operation.", _ANSWER),),
    problems=(InvalidConditionError,),
)
