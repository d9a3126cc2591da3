"""`/v1/batch`: many operations on files in one request."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Request, post
from msgspec import UNSET, UnsetType

from domain.batches.apply_batch import ApplyBatch
from domain.batches.model import MAX_OPERATIONS, Change, Copy, Delete, Operation, Outcome
from domain.errors import FileportError, InvalidInputError
from domain.files.model import Address, Destination, Location
from domain.files.patches import FilePatch
from domain.values.preconditions import NO_PRECONDITION, Precondition
from service.http.bodies import MAX_JSON_BYTES
from service.http.headers.conditions import parse_entity_tags
from service.http.idempotency import read_keyed_json
from service.http.problems import Problem, problem_of
from service.http.representations import FileBody, file_body

# As many operations as there may be, each with two names of the greatest length.
MAX_BATCH_BYTES = 4 * MAX_JSON_BYTES


class _FileOperation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="op"):
    id: UUID | UnsetType = UNSET
    bucket: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    if_match: str | UnsetType = UNSET


class DeleteOperation(_FileOperation, frozen=True, kw_only=True, tag="delete"):
    """Delete a file."""


class CopyOperation(_FileOperation, frozen=True, kw_only=True, tag="copy"):
    """Copy a file to another name, another bucket, or both."""

    to: Destination


class MoveOperation(_FileOperation, frozen=True, kw_only=True, tag="move"):
    """Move a file to another name, another bucket, or both."""

    to: Destination


class PatchOperation(_FileOperation, frozen=True, kw_only=True, tag="patch"):
    """Change a file's record with a JSON merge patch."""

    patch: FilePatch


Asked = DeleteOperation | CopyOperation | MoveOperation | PatchOperation


class BatchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Operations on files, in their order."""

    operations: Annotated[
        list[Asked],
        msgspec.Meta(min_length=1, max_length=MAX_OPERATIONS),
    ]


class OperationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an operation: the status that it would have by itself, and its file or its problem."""

    status: int
    file: FileBody | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A result for each operation, in their order."""

    results: list[OperationResult]


@post("/batch", status_code=200)
@inject
async def apply_batch(request: Request[Any, Any, Any], apply_batch: FromDishka[ApplyBatch]) -> BatchAnswer:
    """Delete, copy, move and patch up to 1,000 files."""
    body, keyed = await read_keyed_json(request, BatchRequest, most=MAX_BATCH_BYTES)
    asked = body.operations
    outcomes = await apply_batch([_operation(each, f"operations[{place}]") for place, each in enumerate(asked)], keyed)
    return BatchAnswer(results=list(map(_result, asked, outcomes)))


def _operation(asked: Asked, place: str) -> Operation:
    """Return what is asked for. Raises `InvalidInputError` that names the `place`, `InvalidConditionError`."""
    address, precondition = _address(asked, place), _precondition(asked, place)
    match asked:
        case DeleteOperation():
            return Delete(address=address, precondition=precondition)
        case PatchOperation(patch=patch):
            return Change(address=address, patch=patch, precondition=precondition)
        case CopyOperation(to=to) | MoveOperation(to=to) if to == Destination():
            raise InvalidInputError(f"{place}.to names neither another name nor another bucket.")
        case CopyOperation(to=to):
            return Copy(address=address, to=to, precondition=precondition)
        case MoveOperation(to=to):
            return Change(address=address, patch=_moving(to), precondition=precondition)


def _address(asked: Asked, place: str) -> Address:
    match asked:
        case _FileOperation(id=UUID() as id_, bucket=UnsetType(), name=UnsetType()):
            return id_
        case _FileOperation(id=UnsetType(), bucket=str(bucket), name=str(name)):
            return Location(bucket, name)
        case _:
            raise InvalidInputError(f"{place} names its file neither by id nor by bucket and name.")


def _precondition(asked: Asked, place: str) -> Precondition:
    if asked.if_match is UNSET:
        return NO_PRECONDITION
    return Precondition(if_match=parse_entity_tags(asked.if_match, f"{place}.if_match"))


def _moving(to: Destination) -> FilePatch:
    return FilePatch(
        bucket=UNSET if to.bucket is None else to.bucket,
        name=UNSET if to.name is None else to.name,
    )


def _result(asked: Asked, outcome: Outcome) -> OperationResult:
    if isinstance(outcome, FileportError):
        problem = problem_of(outcome)
        return OperationResult(status=problem.status, problem=problem)
    if outcome is None:
        return OperationResult(status=HTTPStatus.NO_CONTENT)
    status = HTTPStatus.CREATED if isinstance(asked, CopyOperation) else HTTPStatus.OK
    return OperationResult(status=status, file=file_body(outcome))
