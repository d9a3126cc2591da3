"""The model: the expected content and answers of the service, in plain dictionaries, for one caller at a time.

The rules on single values (a name, a type, a tag) are the domain's own, which other tests prove. The model predicts
their consequences: which refusal comes first, which files and blobs are kept, shared, counted, gone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from adapters.type_signatures import PuremagicSignatures
from domain.buckets.model import Growth, Policy, Usage, check_bucket_name, check_policy
from domain.files.content.detect_type import HEAD_BYTES
from domain.files.metadata import check_metadata, check_tags
from domain.files.names import check_file_name, check_path_name
from domain.values.folding import compose
from domain.values.media_types import (
    OCTET_STREAM,
    content_type_of,
    is_type_allowed,
    parse_content_type,
    renamed_type,
)
from domain.values.times import in_utc
from tests.harness.stateful.records import ModelBlob, ModelBucket, ModelFile
from tests.harness.stateful.refusals import Conditions, Refused, checked, met, well_formed

SIGNATURES = PuremagicSignatures()


class Model:
    """All that was acknowledged. `now`, `new_id` and `new_etag` are to be set before each change: the service chooses.

    Files that have expired stay until something makes them go, and count no more.
    """

    def __init__(self, now: datetime, *, grace: float) -> None:
        self.now = now
        self.new_id: UUID | None = None
        self.new_etag = ""
        self.buckets = {"default": ModelBucket(Policy(), now)}
        self.files: dict[UUID, ModelFile] = {}
        self.gone: list[UUID] = []
        self.condemned: dict[ModelBlob, datetime] = {}
        self._grace = timedelta(seconds=grace)
        self._etags: set[str] = set()

    # What there is

    def live(self) -> list[ModelFile]:
        return [file for file in self.files.values() if not self._is_expired(file)]

    def file(self, id: UUID) -> ModelFile:
        file = self.files.get(id)
        if file is None or self._is_expired(file):
            raise Refused(404, "file_not_found")
        return file

    def get_file_by_name(self, bucket: str, name: str) -> ModelFile:
        if not name.strip("/"):
            raise Refused(405, "method_not_allowed")  # the path is that of the bucket's files then
        checked(check_bucket_name, bucket)
        checked(check_file_name, name)
        others = (file for file in self.live() if file.bucket == bucket and compose(file.name) == compose(name))
        if (file := self._named(bucket, name) or next(others, None)) is None:
            raise Refused(404, "file_not_found")
        return file

    def bucket(self, name: str) -> ModelBucket:
        checked(check_bucket_name, name)
        return self._bucket(name)

    def usage(self, bucket: str) -> dict[str, int]:
        sizes = [file.size for file in self.live() if file.bucket == bucket]
        return {"bytes": sum(sizes), "files": len(sizes)}

    def blobs(self) -> set[ModelBlob]:
        return {file.blob for file in self.files.values()}

    # What changes it

    def put_bucket(self, name: str, policy: Policy) -> bool:
        checked(check_bucket_name, name)
        kept = checked(check_policy, policy)
        created = name not in self.buckets
        self.buckets[name] = ModelBucket(kept, self.now if created else self.buckets[name].created_at)
        return created

    def delete_bucket(self, name: str) -> None:
        if name == "default":
            raise Refused(409, "bucket_protected")
        self.bucket(name)
        if any(file.bucket == name for file in self.live()):
            raise Refused(409, "bucket_not_empty")
        for file in [file for file in self.files.values() if file.bucket == name]:
            self._remove(file)
        del self.buckets[name]

    def put_file(
        self,
        bucket: str,
        name: str,
        given_type: str | None,
        content: bytes,
        conditions: Conditions,
        *,
        chunks: Sequence[bytes] | None = None,
    ) -> tuple[ModelFile, bool]:
        """Store a file; `chunks` is the content as it comes where its length does not come before it."""
        if not name.strip("/"):
            raise Refused(405, "method_not_allowed")
        content_type = checked(content_type_of, name, given_type)
        well_formed(conditions)
        # The body tells an unknown type, so that whatever else is wrong is told before.
        is_untyped = content_type == OCTET_STREAM
        given = None if is_untyped else content_type
        self.admit_upload(bucket, name, given, None, None, len(content) if chunks is None else None)
        met(conditions, self._named(bucket, name))
        self.take_room(bucket, name, (content,) if chunks is None else (b"", *chunks))
        content_type = detected(content) if is_untyped else content_type
        return self.store(bucket, name, content_type, content, None, None, conditions)

    def post_file(
        self,
        bucket: str,
        name: str,
        given_type: str | None,
        content: bytes,
        metadata: tuple[Any] | None,
        tags: tuple[str, ...] | None,
        conditions: Conditions,
    ) -> tuple[ModelFile, bool]:
        well_formed(conditions)
        content_type = checked(content_type_of, name, given_type)
        given = None if metadata is None else metadata[0]
        if metadata is not None and not isinstance(given, dict):
            raise Refused(400, "invalid_metadata")  # the form is read before it is looked at
        # How long a form's file is shows only when its body has come.
        is_untyped = content_type == OCTET_STREAM
        self.admit_upload(bucket, name, None if is_untyped else content_type, given, tags, None)
        met(conditions, self._named(bucket, name))
        self.take_room(bucket, name, (b"", content))
        content_type = detected(content) if is_untyped else content_type
        return self.store(bucket, name, content_type, content, given, tags, conditions)

    def take_room(self, bucket: str, name: str, chunks: Sequence[bytes]) -> None:
        """Make the refusals of a body that comes in these chunks, for want of room."""
        policy, size = self._bucket(bucket).policy, 0
        for chunk in chunks:
            size += len(chunk)
            if policy.max_file_size is not None and size > policy.max_file_size:
                raise Refused(413, "file_too_large")
            self._check_quota(bucket, self._growth(bucket, name, size))

    def admit_upload(
        self,
        bucket: str,
        name: str,
        content_type: str | None,
        metadata: Any,
        tags: tuple[str, ...] | None,
        size: int | None,
    ) -> Policy:
        """Make the refusals that do not wait for the body's end."""
        checked(check_bucket_name, bucket)
        checked(check_path_name, name)
        if metadata is not None:
            checked(check_metadata, metadata)
        if tags is not None:
            checked(check_tags, tags)
        return self._admit(bucket, content_type, size)

    def store(
        self,
        bucket: str,
        name: str,
        content_type: str,
        content: bytes,
        metadata: Any,
        tags: tuple[str, ...] | None,
        conditions: Conditions,
    ) -> tuple[ModelFile, bool]:
        policy = self.admit_upload(bucket, name, content_type, metadata, tags, len(content))
        replaced = self._named(bucket, name)
        met(conditions, replaced)
        self._settle(bucket, name, self._growth(bucket, name, len(content)))
        file = ModelFile(
            id=replaced.id if replaced else self._fresh_id(),
            etag=self._fresh_etag(),
            bucket=bucket,
            name=name,
            content_type=content_type,
            blob=ModelBlob(content),
            metadata=metadata if metadata is not None else replaced.metadata if replaced else {},
            tags=check_tags(tags) if tags is not None else replaced.tags if replaced else (),
            revision=replaced.revision + 1 if replaced else 1,
            created_at=replaced.created_at if replaced else self.now,
            updated_at=self.now,
            expires_at=replaced.expires_at if replaced and replaced.keeps_expiry else self._expiry(policy),
            keeps_expiry=replaced is not None and replaced.keeps_expiry,
        )
        self.files[file.id] = file
        if replaced:
            self._condemn_if_unshared(replaced.blob)
        return file, replaced is None

    def change_file(self, id: UUID, patch: Mapping[str, Any], conditions: Conditions) -> ModelFile:
        well_formed(conditions)
        file = self.file(id)
        met(conditions, file)
        name = checked(check_path_name, patch.get("name", file.name))
        changed = replace(
            file,
            name=name,
            bucket=checked(check_bucket_name, patch.get("bucket", file.bucket)),
            content_type=checked(parse_content_type, patch["content_type"])
            if "content_type" in patch
            else renamed_type(file.content_type, file.name, name),
            metadata=checked(check_metadata, merged(file.metadata, patch["metadata"]) or {})
            if "metadata" in patch
            else file.metadata,
            tags=checked(check_tags, patch["tags"] or ()) if "tags" in patch else file.tags,
            expires_at=self._new_expiry(patch["expires_at"]) if "expires_at" in patch else file.expires_at,
            keeps_expiry=file.keeps_expiry or "expires_at" in patch,
        )
        moved = changed.bucket != file.bucket
        if moved or changed.content_type != file.content_type:
            self._admit(changed.bucket, changed.content_type, file.size if moved else None)
        self._settle(changed.bucket, changed.name, Growth(bytes=file.size if moved else 0, files=int(moved)))
        self._claim_name(changed.bucket, changed.name, file)
        self.files[id] = replace(changed, revision=file.revision + 1, updated_at=self.now, etag=self._fresh_etag())
        return self.files[id]

    def copy_file(self, id: UUID, to: Mapping[str, Any], conditions: Conditions) -> ModelFile:
        well_formed(conditions)
        bucket, name = to.get("bucket"), to.get("name")
        if bucket is None and name is None:
            raise Refused(400, "invalid_input")
        if name is not None:
            checked(check_path_name, name)
        if bucket is not None:
            checked(check_bucket_name, bucket)
        original = self.file(id)
        met(conditions, original)
        bucket, name = bucket or original.bucket, name or original.name
        content_type = renamed_type(original.content_type, original.name, name)
        policy = self._admit(bucket, content_type, original.size)
        self._settle(bucket, name, Growth(bytes=original.size, files=1))
        self._claim_name(bucket, name, None)
        copy = replace(
            original,
            id=self._fresh_id(),
            etag=self._fresh_etag(),
            bucket=bucket,
            name=name,
            content_type=content_type,
            revision=1,
            created_at=self.now,
            updated_at=self.now,
            expires_at=self._expiry(policy),
            keeps_expiry=False,
        )
        self.files[copy.id] = copy
        return copy

    def delete_file(self, id: UUID, conditions: Conditions) -> None:
        well_formed(conditions)
        file = self.file(id)
        met(conditions, file)
        self._remove(file)

    def delete_file_by_name(self, bucket: str, name: str, conditions: Conditions) -> None:
        well_formed(conditions)
        self.delete_file(self.get_file_by_name(bucket, name).id, conditions)

    def reap(self) -> None:
        for file in [file for file in self.files.values() if self._is_expired(file)]:
            self._remove(file)
        self.condemned = {blob: due for blob, due in self.condemned.items() if due > self.now}

    # How it is kept

    def _is_expired(self, file: ModelFile) -> bool:
        return file.expires_at is not None and file.expires_at <= self.now

    def _bucket(self, name: str) -> ModelBucket:
        if name not in self.buckets:
            raise Refused(404, "bucket_not_found")
        return self.buckets[name]

    def _at(self, bucket: str, name: str) -> ModelFile | None:
        return next((file for file in self.files.values() if (file.bucket, file.name) == (bucket, name)), None)

    def _named(self, bucket: str, name: str) -> ModelFile | None:
        file = self._at(bucket, name)
        return None if file is None or self._is_expired(file) else file

    def _admit(self, bucket: str, content_type: str | None, size: int | None) -> Policy:
        policy = self._bucket(bucket).policy
        allowed = policy.allowed_types
        if content_type is not None and allowed is not None:  # noqa: SIM102
            if not any(is_type_allowed(content_type, each) for each in allowed):
                raise Refused(415, "type_not_allowed")
        if size is not None and policy.max_file_size is not None and size > policy.max_file_size:
            raise Refused(413, "file_too_large")
        return policy

    def _growth(self, bucket: str, name: str, size: int) -> Growth:
        replaced = self._named(bucket, name)
        return Growth(bytes=size - replaced.size, files=0) if replaced else Growth(bytes=size, files=1)

    def _check_quota(self, bucket: str, added: Growth) -> None:
        if not self.buckets[bucket].policy.has_room(Usage(**self.usage(bucket)), added):
            raise Refused(507, "quota_exceeded")

    def _settle(self, bucket: str, name: str, added: Growth) -> None:
        self._check_quota(bucket, added)
        # An expired file of that name makes way.
        at = self._at(bucket, name)
        if at is not None and self._is_expired(at):
            self._remove(at)

    def _claim_name(self, bucket: str, name: str, holder: ModelFile | None) -> None:
        taken = self._named(bucket, name)
        if taken is not None and (holder is None or taken.id != holder.id):
            raise Refused(409, "name_taken")

    def _expiry(self, policy: Policy) -> datetime | None:
        return None if policy.default_ttl is None else self.now + timedelta(seconds=policy.default_ttl)

    def _new_expiry(self, text: str | None) -> datetime | None:
        if text is None:
            return None
        time = checked(in_utc, datetime.fromisoformat(text))
        if time <= self.now:
            raise Refused(400, "invalid_expiry")
        return time

    def _fresh_id(self) -> UUID:
        assert self.new_id is not None
        assert self.new_id not in {*self.files, *self.gone}, "an id was used twice"
        assert self.new_id.version == 7
        return self.new_id

    def _fresh_etag(self) -> str:
        assert self.new_etag not in self._etags, "an entity tag was used twice"
        self._etags.add(self.new_etag)
        return self.new_etag

    def _remove(self, file: ModelFile) -> None:
        del self.files[file.id]
        self.gone.append(file.id)
        self._condemn_if_unshared(file.blob)

    def _condemn_if_unshared(self, blob: ModelBlob) -> None:
        if blob not in self.blobs():
            self.condemned[blob] = self.now + self._grace


def detected(content: bytes) -> str:
    return SIGNATURES.type_of(content[:HEAD_BYTES]) or OCTET_STREAM


def merged(target: Any, patch: Any) -> Any:
    """Apply a merge patch as the pseudocode of RFC 7396 does."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
