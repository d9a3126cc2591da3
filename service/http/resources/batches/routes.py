"""`/v1/batch`: many operations on files in one request."""

from http import HTTPStatus
from uuid import UUID

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import post
from msgspec import UNSET, UnsetType

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.batches.apply_batch import ApplyBatch
from domain.batches.model import Change, Copy, Delete, Operation, Outcome
from domain.errors import DeniedAccess, FileportError, InvalidInputError
from domain.files.model import Address, Destination, Location
from domain.files.patches import FilePatch
from domain.values.preconditions import NO_PRECONDITION, Precondition
from service.http.access import needs
from service.http.bodies.representations import file_body
from service.http.denials import note_denial
from service.http.headers.conditions import parse_entity_tags
from service.http.json_bodies import MAX_JSON_BYTES
from service.http.problems import problem_of
from service.http.request import FileportRequest
from service.http.resources.batches import openapi
from service.http.resources.batches.bodies import (
    AnyOperation,
    BatchAnswer,
    BatchRequest,
    CopyOperation,
    DeleteOperation,
    FileOperation,
    MoveOperation,
    OperationResult,
    PatchOperation,
)
from service.http.tags import FILES

# As many operations as there may be, each with two names of the greatest length.
MAX_BATCH_BYTES = 4 * MAX_JSON_BYTES


@post("/", status_code=200, access=needs("write", "delete"), operation=openapi.APPLY_BATCH)
async def apply_batch(request: FileportRequest, apply: FromDishka[ApplyBatch]) -> BatchAnswer:
    """Delete, copy, move and patch up to 1,000 files."""
    body, keyed = await request.read_keyed_json(BatchRequest, limit=MAX_BATCH_BYTES)
    asked = body.operations
    outcomes = await apply(
        request.caller, [_operation(each, f"operations[{index}]") for index, each in enumerate(asked)], keyed
    )
    for operation, outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, AccessDeniedError):
            outcome.denied = outcome.denied or _denied(operation)
            note_denial(request, outcome)
    results = [_result(each, outcome, request.caller) for each, outcome in zip(asked, outcomes, strict=True)]
    return BatchAnswer(results=results)


def _operation(asked: AnyOperation, field: str) -> Operation:
    """Return the operation. Raises `InvalidInputError`, which names the `field`, `InvalidConditionError`."""
    address, precondition = _address(asked, field), _precondition(asked, field)
    match asked:
        case DeleteOperation():
            return Delete(address=address, precondition=precondition)
        case PatchOperation(patch=patch):
            return Change(address=address, patch=patch, precondition=precondition)
        case CopyOperation(to=to) | MoveOperation(to=to) if to == Destination():
            raise InvalidInputError(f"{field}.to names neither another name nor another bucket.")
        case CopyOperation(to=to):
            return Copy(address=address, to=to, precondition=precondition)
        case MoveOperation(to=to):
            return Change(address=address, patch=_moving(to), precondition=precondition)


def _denied(asked: AnyOperation) -> DeniedAccess:
    """Return the denial, as far as the operation says. Another right may be missing, at another place."""
    action = "delete" if isinstance(asked, DeleteOperation) else "write"
    return DeniedAccess(action, asked.bucket or None, asked.name or None)


def _address(asked: AnyOperation, field: str) -> Address:
    match asked:
        case FileOperation(id=UUID() as id_, bucket=UnsetType(), name=UnsetType()):
            return id_
        case FileOperation(id=UnsetType(), bucket=str(bucket), name=str(name)):
            return Location(bucket, name)
        case _:
            raise InvalidInputError(f"{field} names its file neither by id nor by bucket and name.")


def _precondition(asked: AnyOperation, field: str) -> Precondition:
    if asked.if_match is UNSET:
        return NO_PRECONDITION
    return Precondition(if_match=parse_entity_tags(asked.if_match, f"{field}.if_match"))


def _moving(to: Destination) -> FilePatch:
    return FilePatch(
        bucket=UNSET if to.bucket is None else to.bucket,
        name=UNSET if to.name is None else to.name,
    )


def _result(asked: AnyOperation, outcome: Outcome, caller: Caller) -> OperationResult:
    if isinstance(outcome, FileportError):
        problem = problem_of(outcome, caller)
        return OperationResult(status=problem.status, problem=problem)
    if outcome is None:
        return OperationResult(status=HTTPStatus.NO_CONTENT)
    status = HTTPStatus.CREATED if isinstance(asked, CopyOperation) else HTTPStatus.OK
    return OperationResult(status=status, file=file_body(outcome))


ROUTER = DishkaRouter("/batch", opt={"tag": FILES}, route_handlers=[apply_batch])
