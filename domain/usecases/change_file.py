"""Change a file's record; its bytes are never touched."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domain.model.buckets import check_bucket_name
from domain.model.files import File
from domain.model.media_types import parse_content_type
from domain.model.metadata import check_metadata, check_tags, merge_patch
from domain.model.names import check_file_name
from domain.model.preconditions import Precondition
from domain.model.times import in_utc
from domain.ports import Files


class FilePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON merge patch (RFC 7396) of a file: what is unset stays, None removes."""

    name: str | UnsetType = UNSET
    bucket: str | UnsetType = UNSET
    content_type: str | UnsetType = UNSET
    metadata: dict[str, object] | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class ChangeFile:
    """Rename, move, retype or annotate a file."""

    def __init__(self, catalog: Files) -> None:
        self._catalog = catalog

    async def __call__(self, id: UUID, patch: FilePatch, precondition: Precondition) -> File:
        """Apply `patch` to the file's current revision and return the next one.

        A change by somebody else in between is never overwritten: the patch is applied again to what they left,
        if `precondition` still holds. Raises `NoSuchFileError`, `PreconditionFailedError`, the `Invalid…Error` of
        the field that is wrong, and all that `Files.change_file` raises.
        """
        while True:
            file = await self._catalog.file(id)
            precondition.check(file)
            if changed := await self._catalog.change_file(_apply(patch, file)):
                return changed


def _apply(patch: FilePatch, file: File) -> File:
    return msgspec.structs.replace(
        file,
        name=file.name if patch.name is UNSET else check_file_name(patch.name),
        bucket=file.bucket if patch.bucket is UNSET else check_bucket_name(patch.bucket),
        content_type=file.content_type if patch.content_type is UNSET else parse_content_type(patch.content_type),
        metadata=file.metadata
        if patch.metadata is UNSET
        else check_metadata(merge_patch(file.metadata, patch.metadata) or {}),
        tags=file.tags if patch.tags is UNSET else check_tags(patch.tags or ()),
        expires_at=_patched_expiry(patch, file),
    )


def _patched_expiry(patch: FilePatch, file: File) -> datetime | None:
    if patch.expires_at is UNSET:
        return file.expires_at
    return None if patch.expires_at is None else in_utc(patch.expires_at)
