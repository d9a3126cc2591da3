"""Which direct uploads a caller sees: those it has begun, while it may write their files; as an admin those of all."""

from domain.access.callers import Caller
from domain.access.visibility import visibility_of
from domain.direct_uploads.errors import no_such_direct_upload
from domain.direct_uploads.model import DirectUpload
from domain.errors import DeniedAccess


def require_direct_upload(caller: Caller, upload: DirectUpload) -> None:
    """Return if the caller may work on the upload. Raises `NoSuchDirectUploadError`."""
    if not visibility_of(caller, "write").shows(upload.owner, upload.file.bucket, upload.file.name):
        file = upload.file
        raise caller.refusal(no_such_direct_upload(), DeniedAccess("write", file.bucket, file.name))
