"""Store a small file, whose bytes the catalog keeps: one transaction makes the file and keeps them."""

from domain.blobs.errors import InterruptedBodyError
from domain.blobs.model import new_blob_key
from domain.blobs.running_hash import inline_blob
from domain.files.content.admission import Admission
from domain.files.content.commit_retries import commit_file
from domain.files.content.detect_type import DetectType
from domain.files.model import NewFile, Stored
from domain.files.ports import Files
from domain.idempotency.model import KeyClaim
from domain.values.digests import Hashes
from domain.values.limits import Limits


class StoreSmallFile:
    """Store a body that is whole in memory. There is nothing to reserve, to renew or to release."""

    def __init__(self, files: Files, admission: Admission, detect_type: DetectType, limits: Limits) -> None:
        self._files = files
        self._admission = admission
        self._detect_type = detect_type
        self.max_bytes = limits.inline_bytes

    def may_take(self, size: int | None) -> bool:
        """Tell whether a body of `size` bytes, None where that is not known, may turn out to be small enough."""
        return self.max_bytes > 0 and (size is None or size <= self.max_bytes)

    async def __call__(self, new: NewFile, content: bytes, claim: KeyClaim | None = None) -> Stored:
        """Store `content` as `new` describes, which is checked already, and finish the `claim`.

        Raises `InterruptedBodyError` or `DigestMismatchError` where `content` is not as declared, and all that
        `Files.commit_file` raises.
        """
        if new.size not in {None, len(content)}:
            raise InterruptedBodyError(f"The body has {len(content)} bytes, not the {new.size} declared.")
        _check_digests(new, content)
        new = self._detect_type.by_content(new, content)
        self._admission.admit_small(len(content))
        return await commit_file(self._files, new, inline_blob(new_blob_key(), content), claim)


def _check_digests(new: NewFile, content: bytes) -> None:
    if new.digests:
        hashes = Hashes(new.digests)
        hashes.update(content)
        hashes.check()
