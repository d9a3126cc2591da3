"""Batches as the fake catalog does them: each operation is the call for it alone."""

from collections.abc import Sequence

from domain.batches.model import Change, Copy, Delete, Operation, Outcome
from domain.errors import FileportError, UnavailableError
from domain.files.change_file import ChangeFile
from domain.files.find_file import FindFile
from domain.files.model import File
from domain.files.ports import Files


async def apply(catalog: Files, operations: Sequence[Operation]) -> list[Outcome]:
    """Do the operations, and return the outcome of each."""
    return [await _attempt(catalog, operation) for operation in operations]


async def _attempt(catalog: Files, operation: Operation) -> Outcome:
    try:
        return await _do(catalog, operation)
    except UnavailableError:
        raise
    except FileportError as refusal:
        return refusal


async def _do(catalog: Files, operation: Operation) -> File | None:
    file = await FindFile(catalog)(operation.address)
    match operation:
        case Delete():
            await catalog.delete_file(file.id, operation.precondition)
            return None
        case Copy():
            return await catalog.copy_file(file.id, operation.to, operation.precondition)
        case Change():
            return await ChangeFile(catalog)(file.id, operation.patch, operation.precondition)
