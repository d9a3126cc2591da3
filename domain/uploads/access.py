"""Which uploads a caller sees: those it has begun, while it may write their files; as an admin those of all."""

from domain.access.callers import Caller
from domain.access.visibility import visibility_of
from domain.errors import DeniedAccess
from domain.uploads.errors import no_such_upload
from domain.uploads.model import Upload


def is_shown(caller: Caller, upload: Upload) -> bool:
    """Return whether the caller sees the upload."""
    visibility, target = visibility_of(caller, "write"), upload.target
    if target is None:
        return visibility.shows(upload.owner, None, None)
    return visibility.shows(upload.owner, target.bucket, target.name)


def require_upload(caller: Caller, upload: Upload) -> None:
    """Return if the caller may work on the upload. Raises `NoSuchUploadError`."""
    if not is_shown(caller, upload):
        target = upload.target
        place = DeniedAccess("write") if target is None else DeniedAccess("write", target.bucket, target.name)
        raise caller.refusal(no_such_upload(), place)
