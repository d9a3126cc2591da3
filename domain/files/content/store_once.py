"""Store a file with an idempotency key: the first of equal uploads stores its bytes, the others compare theirs."""

from collections.abc import AsyncIterable

from domain.access.callers import Caller
from domain.access.current_rights import CurrentRights
from domain.files.access import require_store
from domain.files.content.store_file import StoreFile
from domain.files.model import File, NewFile, Stored
from domain.files.names import check_path_name
from domain.idempotency.errors import IdempotencyKeyReusedError
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyedRequest
from domain.values.digests import Hashes


class StoreOnce:
    """Store a body as a file, unless an upload with the same key has; a repeat must have the same bytes."""

    errors = StoreFile.errors

    def __init__(self, store_file: StoreFile, idempotent: IdempotentExecutor, rights: CurrentRights) -> None:
        self._store_file = store_file
        self._idempotent = idempotent
        self._rights = rights

    async def __call__(
        self, caller: Caller, new: NewFile, body: AsyncIterable[bytes], request: KeyedRequest | None
    ) -> Stored:
        """Return the file as it was stored first. The fingerprint of `request` is that of all but the bytes.

        The right to store it is looked up again at the end of a body that takes long.
        Raises all that `require_store`, `check_path_name`, `StoreFile` and `IdempotentExecutor` do. A repeat stores
        nothing; its `body` is read and compared, unless its length or digest differs already.
        """

        def check(caller: Caller) -> None:
            require_store(caller, new.bucket, new.name)

        check(caller)
        check_path_name(new.name)
        body = self._rights.watch(caller).pass_on(body, check)
        return await self._idempotent(
            request,
            Stored,
            lambda claim: self._store_file(new, body, claim),
            check=lambda first: _compare(first.file, new, body),
        )


async def _compare(file: File, new: NewFile, body: AsyncIterable[bytes]) -> None:
    sha256 = bytes.fromhex(file.sha256)
    if new.size not in (None, file.size) or any(
        each.algorithm == "sha-256" and each.value != sha256 for each in new.digests
    ):
        raise _other_bytes_error()
    size = 0
    hashes = Hashes(new.digests)
    async for chunk in body:
        size += len(chunk)
        if size > file.size:
            raise _other_bytes_error()
        hashes.update(chunk)
    hashes.check()
    if hashes.sha256 != file.sha256:
        raise _other_bytes_error()


def _other_bytes_error() -> IdempotencyKeyReusedError:
    return IdempotencyKeyReusedError("The Idempotency-Key belongs to an upload of other bytes.")
