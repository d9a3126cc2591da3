"""Patches of a file's record."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from domain.buckets.model import BucketName, check_bucket_name
from domain.files.metadata import METADATA, Tags, check_metadata, check_tags, merge_patch
from domain.files.model import Destination, Expiry, File
from domain.files.names import PathName, check_path_name
from domain.values.media_types import ContentType, parse_content_type, renamed_type
from domain.values.times import in_utc


class FilePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON merge patch (RFC 7396) of a file: fields that are left out stay, null removes."""

    name: PathName | UnsetType = UNSET
    bucket: BucketName | UnsetType = UNSET
    content_type: ContentType | UnsetType = UNSET
    metadata: Annotated[dict[str, object], METADATA] | UnsetType | None = UNSET
    tags: Tags | UnsetType | None = UNSET
    expires_at: Expiry | UnsetType | None = UNSET

    @property
    def destination(self) -> Destination:
        """Where the file goes; neither bucket nor name, if it stays."""
        return Destination(bucket=self.bucket or None, name=self.name or None)


def apply_patch(patch: FilePatch, file: File) -> File:
    """Return `file` with `patch` applied, at the same revision; its type follows its name, see `renamed_type`.

    Raises the `Invalid…Error` of an invalid field.
    """
    name = _patched_name(patch, file)
    return msgspec.structs.replace(
        file,
        name=name,
        bucket=file.bucket if patch.bucket is UNSET else check_bucket_name(patch.bucket),
        content_type=renamed_type(file.content_type, file.name, name)
        if patch.content_type is UNSET
        else parse_content_type(patch.content_type),
        metadata=file.metadata
        if patch.metadata is UNSET
        else check_metadata(merge_patch(file.metadata, patch.metadata) or {}),
        tags=file.tags if patch.tags is UNSET else check_tags(patch.tags or ()),
        expires_at=_patched_expiry(patch, file),
        keeps_expiry=file.keeps_expiry or patch.expires_at is not UNSET,
    )


def _patched_name(patch: FilePatch, file: File) -> str:
    # A file that came by the S3 protocol may keep its name.
    return file.name if patch.name is UNSET or patch.name == file.name else check_path_name(patch.name)


def _patched_expiry(patch: FilePatch, file: File) -> datetime | None:
    if patch.expires_at is UNSET:
        return file.expires_at
    return None if patch.expires_at is None else in_utc(patch.expires_at)
