"""Batches: many operations on files, one after another, each with its own outcome."""

import msgspec

from domain.errors import FileportError
from domain.files.model import Address, Destination, File
from domain.files.patches import FilePatch
from domain.values.preconditions import NO_PRECONDITION, Precondition

MAX_OPERATIONS = 1000


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """Delete a file, as `Files.delete_file` does."""

    address: Address
    precondition: Precondition = NO_PRECONDITION


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """Copy a file, as `Files.copy_file` does."""

    address: Address
    to: Destination
    precondition: Precondition = NO_PRECONDITION


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Change a file's record, as `ChangeFile` does: rename, move, retype or annotate it."""

    address: Address
    patch: FilePatch
    precondition: Precondition = NO_PRECONDITION


Operation = Delete | Copy | Change

# The file that an operation made or changed, None where it deleted one, or the error for which it was not done.
Outcome = File | FileportError | None
