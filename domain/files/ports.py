"""The ports of files; `tests/contracts` checks their contracts."""

from typing import Protocol
from uuid import UUID

from domain.access.callers import Caller
from domain.blobs.model import Blob
from domain.buckets.model import Policy
from domain.files.model import Address, Destination, File, NewFile, Stored
from domain.files.new_copy import NewCopy
from domain.idempotency.model import KeyClaim
from domain.values.preconditions import Precondition


class Files(Protocol):
    """Keeps the records of files. For every call, an expired file does not exist.

    A file at an `Address` with a name is the one of the first of its `forms` that there is. Names that are stored, and
    names that are taken, are compared exactly.
    """

    async def commit_file(self, new: NewFile, blob: Blob, claim: KeyClaim | None = None) -> Stored:
        """Point the file at the blob in one transaction, which also keeps the bytes of an inline one.

        Those of another blob are durable before. Makes the staged blob live, creates the file or replaces the bytes and
        content type of the one with that name, condemns a replaced blob that no other file shares, and updates the
        bucket's usage. The bucket's
        policy, its quota and `new.precondition` are checked against the state that the change is made on; expired
        files take none of the quota. A file's time to live comes from its bucket and begins anew when its bytes are
        replaced, unless the file keeps its expiry.

        Idempotent: repeated for a blob that is live already, it returns that blob's file. So repeating a commit
        whose outcome is unknown settles it. Finishes the `claim`, see `IdempotencyKeys`, with the file.

        Raises `NoSuchBucketError`, `TypeNotAllowedError`, `FileTooLargeError`, `QuotaExceededError`,
        `PreconditionFailedError`; `LeaseLostError` where the blob is not staged, or where an inline one had a file that
        is gone; `OutcomeUnknownError`.
        """
        ...

    async def get_file(self, id: UUID) -> File:
        """Return the file. Raises `NoSuchFileError`."""
        ...

    async def get_file_by_name(self, bucket: str, name: str) -> File:
        """Return the file of exactly that name: the one that a file stored under it would replace.

        Raises `NoSuchFileError`, also where the bucket does not exist.
        """
        ...

    async def get_file_with_policy(self, address: Address, *, only_public: bool = False) -> tuple[File, Policy]:
        """Return the file at the address and the policy of its bucket, both of one moment.

        Raises `NoSuchFileError`, also where the bucket does not exist, and with `only_public` where it is not public:
        at the same cost.
        """
        ...

    async def get_file_with_content(
        self, address: Address, *, only_public: bool = False
    ) -> tuple[File, Policy, bytes | None]:
        """Do as `get_file_with_policy` does, and return the file's bytes as well where its blob is inline."""
        ...

    async def change_file(self, changed: File) -> File | None:
        """Store the record `changed`, whose `revision` is the one it was read at, as the next revision.

        Its bucket, name, content type, metadata, tags, attributes, expiry and `keeps_expiry` are written; its other
        fields are not.
        Returns the file as stored, or None where it was changed or deleted since, or never existed. A change of bucket
        moves its bytes from one usage to the other, and the policy of the new bucket is checked; so is a new content
        type. A new expiry must be in the future, by the catalog's clock.

        Raises `InvalidExpiryError`, `NameTakenError`, `NoSuchBucketError`, `TypeNotAllowedError`, `FileTooLargeError`,
        `QuotaExceededError`, `OutcomeUnknownError`.
        """
        ...

    async def copy_file(
        self,
        caller: Caller,
        id: UUID,
        to: Destination,
        precondition: Precondition,
        claim: KeyClaim | None = None,
    ) -> File:
        """Create a file on the same blob, with the original's type, metadata, tags and attributes, as revision 1.

        `precondition`, and before it what `require_copy` says, is checked against the original. Finishes the `claim`,
        see `IdempotencyKeys`. Raises `NoSuchFileError`, `AccessDeniedError`, `PreconditionFailedError` and the errors
        of `change_file`.
        """
        ...

    async def copy_over(self, caller: Caller, new: NewCopy) -> Stored:
        """Point a file at the blob of the one at `new.source`: a new one, or the one that has the copy's name already.

        That may be the source itself. All else is as for `commit_file`. `new.source_precondition`, and before it what
        `require_copy` says, is checked against the source, by `check_source`. Raises `NoSuchFileError`,
        `AccessDeniedError`, `PreconditionFailedError` and the errors of `commit_file`.
        """
        ...

    async def delete_file(self, caller: Caller, address: Address, precondition: Precondition) -> None:
        """Remove the file and condemn its blob if no other file shares it.

        `require_delete`, and then `precondition`, is checked against the file. Raises `NoSuchFileError`,
        `AccessDeniedError`, `PreconditionFailedError`, `OutcomeUnknownError`.
        """
        ...

    async def expire_files(self, *, limit: int) -> int:
        """Delete up to `limit` expired files, as `delete_file` does, and return their number."""
        ...

    async def fold_names(self, *, limit: int) -> int:
        """Bring up to `limit` names that a former release has stored into the form that `FileSearch` compares.

        Returns their number. Until then, `FileSearch` finds them as it did in that release, or by less.
        """
        ...


class TypeSignatures(Protocol):
    """Knows the signatures that the files of many types begin with."""

    def type_of(self, head: bytes) -> str | None:
        """Return the content type of a file that begins with `head`, None where that has no signature."""
        ...
