"""What the model remembers of blobs, files and buckets."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.buckets.model import Policy


class ModelBlob(msgspec.Struct, frozen=True, eq=False):
    """Bytes as they were uploaded; each upload has its own."""

    content: bytes


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the model remembers it. The service chose its id and entity tag."""

    id: UUID
    etag: str
    bucket: str
    name: str
    content_type: str
    blob: ModelBlob
    metadata: dict[str, Any]
    tags: tuple[str, ...]
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    keeps_expiry: bool = False

    @property
    def content(self) -> bytes:
        return self.blob.content

    @property
    def size(self) -> int:
        return len(self.blob.content)


class ModelBucket(msgspec.Struct):
    """A bucket's policy, as it should be kept."""

    policy: Policy
    created_at: datetime
