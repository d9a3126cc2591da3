"""Completions of multipart uploads, which run beside the requests that ask for them."""

from domain.access.callers import Caller
from domain.files.model import Stored
from domain.multipart.complete_multipart_upload import CompleteMultipartUpload
from domain.multipart.manifest import Completion as Wanted
from domain.multipart.model import MultipartAddress
from domain.values.preconditions import Precondition
from service.runtime.completions import Completion, Completions


class MultipartCompletions(Completions[tuple[str, MultipartAddress, Wanted, Precondition], Stored]):
    """Completes multipart uploads: a request that is repeated while the first one goes on gets its outcome."""

    def __init__(self, complete: CompleteMultipartUpload) -> None:
        super().__init__()
        self._complete = complete

    def complete(
        self, caller: Caller, address: MultipartAddress, wanted: Wanted, precondition: Precondition
    ) -> Completion[Stored]:
        """Return the caller's completion of the upload, whose outcome raises as `CompleteMultipartUpload` does."""
        return self.join(
            (caller.owner, address, wanted, precondition),
            lambda: self._complete(caller, address, wanted, precondition),
        )
