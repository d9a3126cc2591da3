"""Batches in JSON."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domain.batches.model import MAX_OPERATIONS
from domain.buckets.model import BucketName
from domain.files.model import Destination
from domain.files.names import FileName
from domain.files.patches import FilePatch
from service.http.bodies.representations import FileBody
from service.http.headers.conditions import EntityTags
from service.http.problems import Problem


class FileOperation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="op"):
    id: (
        Annotated[UUID, msgspec.Meta(description="The file; or leave it out, and say its `bucket` and `name`.")]
        | UnsetType
    ) = UNSET
    bucket: BucketName | UnsetType = UNSET
    name: FileName | UnsetType = UNSET
    if_match: (
        Annotated[
            EntityTags,
            msgspec.Meta(
                description="As the header `If-Match`: go on only if the file is at one of these entity tags."
            ),
        ]
        | UnsetType
    ) = UNSET


class DeleteOperation(FileOperation, frozen=True, kw_only=True, tag="delete"):
    """Delete a file."""


class CopyOperation(FileOperation, frozen=True, kw_only=True, tag="copy"):
    """Copy a file to another name, another bucket, or both."""

    to: Destination


class MoveOperation(FileOperation, frozen=True, kw_only=True, tag="move"):
    """Move a file to another name, another bucket, or both."""

    to: Destination


class PatchOperation(FileOperation, frozen=True, kw_only=True, tag="patch"):
    """Change a file's record with a JSON merge patch."""

    patch: FilePatch


AnyOperation = DeleteOperation | CopyOperation | MoveOperation | PatchOperation


class BatchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Operations on files, in their order."""

    operations: Annotated[list[AnyOperation], msgspec.Meta(min_length=1, max_length=MAX_OPERATIONS)]


class OperationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an operation: the status that it would have by itself, and its file or its problem."""

    status: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 200, "maximum": 599})]
    file: FileBody | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A result for each operation, in their order."""

    results: list[OperationResult]
