"""Files in memory."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from domain.access.callers import SYSTEM, Caller
from domain.blobs.model import Blob
from domain.buckets.model import Growth, Policy
from domain.errors import LeaseLostError
from domain.files.access import require_copy, require_delete
from domain.files.errors import InvalidExpiryError, NameTakenError, no_such_file
from domain.files.model import Address, Destination, File, NewFile, Stored
from domain.files.new_copy import NewCopy
from domain.idempotency.model import KeyClaim
from domain.values.ids import new_id
from domain.values.media_types import renamed_type
from domain.values.preconditions import Precondition
from tests.fakes.database import BlobRow, FakeDatabase
from tests.fakes.idempotency import check_claim, finish_claim


class FakeFiles:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def commit_file(self, new: NewFile, blob: Blob, claim: KeyClaim | None = None) -> Stored:
        self._database.reach()
        row = self._database.blobs.get(blob.key)
        is_fresh = row is None if blob.content is not None else row is not None and row.state == "staged"
        if not is_fresh:
            return self._committed_before(blob)
        check_claim(self._database, claim)
        stored = self._publish(new, blob, committing=blob.key)
        finish_claim(self._database, claim, stored)
        return stored

    def _publish(self, new: NewFile, blob: Blob, *, committing: str = "", original: File | None = None) -> Stored:
        policy = self._database.bucket(new.bucket).policy
        policy.admit(content_type=new.content_type, size=blob.size)
        replaced = self._database.file_named(new.bucket, new.name)
        new.precondition.check(replaced)
        added = Growth(bytes=blob.size - (replaced.size if replaced else 0), files=0 if replaced else 1)
        self._make_room(new.bucket, new.name, added, committing=committing)
        now = self._database.clock.now()
        file = File(
            id=replaced.id if replaced else new_id(),
            bucket=new.bucket,
            name=new.name,
            content_type=new.content_type,
            size=blob.size,
            sha256=blob.sha256,
            blob_key=blob.key,
            metadata=_kept(new.metadata, replaced.metadata if replaced else {}),
            tags=_kept(new.tags, replaced.tags if replaced else ()),
            attributes=_kept(new.attributes, replaced.attributes.kept if replaced and replaced.attributes else None),
            revision=replaced.revision + 1 if replaced else 1,
            created_at=replaced.created_at if replaced else now,
            updated_at=now,
            expires_at=replaced.expires_at if replaced and replaced.keeps_expiry else self._expiry(policy),
            keeps_expiry=replaced is not None and replaced.keeps_expiry,
        )
        self._database.files[file.id] = file
        if replaced:
            self._database.record_file("file.replace", file)
        elif original:
            self._database.record_file("file.copy_from", original)
            self._database.record_file("file.copy_to", file)
        else:
            self._database.record_file("file.create", file)
        if original is None:
            self._database.blobs[blob.key] = BlobRow(state="live", blob=blob)
        if replaced:
            self._database.condemn_unless_shared(replaced.blob_key)
        return Stored(file=file, created=replaced is None)

    async def get_file(self, id: UUID) -> File:
        self._database.reach()
        file = self._database.files.get(id)
        if file is None or self._database.is_expired(file):
            raise no_such_file()
        return file

    async def get_file_by_name(self, bucket: str, name: str) -> File:
        self._database.reach()
        file = self._database.file_named(bucket, name)
        if file is None:
            raise no_such_file()
        return file

    async def get_file_with_policy(self, address: Address, *, only_public: bool = False) -> tuple[File, Policy]:
        if isinstance(address, UUID):
            file = await self.get_file(address)
        else:
            self._database.reach()
            file = self._database.file_found(address)
        policy = self._database.bucket(file.bucket).policy
        if only_public and not policy.public:
            raise no_such_file()
        return file, policy

    async def get_file_with_content(
        self, address: Address, *, only_public: bool = False
    ) -> tuple[File, Policy, bytes | None]:
        file, policy = await self.get_file_with_policy(address, only_public=only_public)
        return file, policy, self._database.content(file.blob_key)

    async def change_file(self, changed: File) -> File | None:
        self._database.reach()
        current = self._database.files.get(changed.id)
        if current is None or self._database.is_expired(current) or current.revision != changed.revision:
            return None
        if changed.expires_at != current.expires_at and self._database.is_expired(changed):
            raise InvalidExpiryError("expires_at is not in the future.")
        policy = self._database.bucket(changed.bucket).policy
        moved = changed.bucket != current.bucket
        if moved or changed.content_type != current.content_type:
            policy.admit(content_type=changed.content_type, size=current.size if moved else None)
        self._make_room(changed.bucket, changed.name, Growth(bytes=changed.size if moved else 0, files=int(moved)))
        self._refuse_taken(changed.bucket, changed.name, except_for=changed.id)
        file = replace(
            current,
            bucket=changed.bucket,
            name=changed.name,
            content_type=changed.content_type,
            metadata=changed.metadata,
            tags=changed.tags,
            attributes=changed.attributes,
            expires_at=changed.expires_at,
            keeps_expiry=changed.keeps_expiry,
            revision=current.revision + 1,
            updated_at=self._database.clock.now(),
        )
        self._database.files[file.id] = file
        if (file.bucket, file.name) == (current.bucket, current.name):
            self._database.record_file("file.change", file)
        else:
            self._database.record_file("file.move_from", current)
            self._database.record_file("file.move_to", file)
        return file

    async def copy_file(
        self,
        caller: Caller,
        id: UUID,
        to: Destination,
        precondition: Precondition,
        claim: KeyClaim | None = None,
    ) -> File:
        original = await self.get_file(id)
        check_claim(self._database, claim)
        require_copy(caller, original, to)
        precondition.check(original)
        bucket, name = to.bucket or original.bucket, to.name or original.name
        policy = self._database.bucket(bucket).policy
        content_type = renamed_type(original.content_type, original.name, name)
        policy.admit(content_type=content_type, size=original.size)
        self._make_room(bucket, name, Growth(bytes=original.size, files=1))
        self._refuse_taken(bucket, name)
        now = self._database.clock.now()
        copy = replace(
            original,
            id=new_id(),
            bucket=bucket,
            name=name,
            content_type=content_type,
            revision=1,
            created_at=now,
            updated_at=now,
            expires_at=self._expiry(policy),
            keeps_expiry=False,
        )
        self._database.files[copy.id] = copy
        self._database.record_file("file.copy_from", original)
        self._database.record_file("file.copy_to", copy)
        finish_claim(self._database, claim, copy)
        return copy

    async def copy_over(self, caller: Caller, new: NewCopy) -> Stored:
        original, _ = await self.get_file_with_policy(new.source)
        require_copy(caller, original, Destination(bucket=new.to.bucket, name=new.to.name))
        new.source_precondition.check_source(original)
        blob = Blob(key=original.blob_key, size=original.size, sha256=original.sha256)
        return self._publish(new.of(original), blob, original=original)

    async def delete_file(self, caller: Caller, address: Address, precondition: Precondition) -> None:
        file, _ = await self.get_file_with_policy(address)
        require_delete(caller, file)
        precondition.check(file)
        self._database.remove_file(file.id, "file.delete")

    async def expire_files(self, *, limit: int) -> int:
        self._database.reach()
        expired = [file.id for file in self._database.files.values() if self._database.is_expired(file)][:limit]
        for id_ in expired:
            self._database.remove_file(id_, "file.expire")
        return len(expired)

    async def fold_names(self, *, limit: int) -> int:
        self._database.reach()
        return 0

    def _committed_before(self, blob: Blob) -> Stored:
        """Return the file of a blob that is live already."""
        for file in self._database.files.values():
            if file.blob_key == blob.key:
                return Stored(file=file, created=file.revision == 1)
        raise LeaseLostError("The upload's lease has ended.")

    def _expiry(self, policy: Policy) -> datetime | None:
        return None if policy.default_ttl is None else self._database.clock.in_(policy.default_ttl)

    def _make_room(self, bucket: str, name: str, added: Growth, *, committing: str = "") -> None:
        """Remove an expired file of that name, if what is `added` fits then."""
        taken = self._database.taken(bucket, without=committing)
        self._database.bucket(bucket).policy.check_quota(bucket, used=taken, added=added)
        expired = [file for file in self._database.files.values() if self._database.is_expired(file)]
        for file in [file for file in expired if (file.bucket, file.name) == (bucket, name)]:
            self._database.remove_file(file.id, "file.expire", caller=SYSTEM)

    def _refuse_taken(self, bucket: str, name: str, *, except_for: UUID | None = None) -> None:
        taken = self._database.file_named(bucket, name)
        if taken is not None and taken.id != except_for:
            raise NameTakenError("Another file has that name.")


T = TypeVar("T")


def _kept(given: T | None, before: T) -> T:
    return before if given is None else given
