"""The form in which uploads are kept as results of idempotency keys."""

from datetime import UTC, datetime

import msgspec

from domain.uploads.model import Upload
from domain.values.ids import new_id

UPLOAD = Upload(
    id=new_id(),
    kind="partial",
    target=None,
    length=10,
    given="",
    parts=(),
    blob_key="key",
    progress=None,
    is_finished=False,
    file_id=None,
    lock_state="free",
    is_release_requested=False,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    expires_at=datetime(2026, 1, 2, tzinfo=UTC),
)


def test_an_upload_is_kept_in_the_form_of_former_releases() -> None:
    kept = msgspec.to_builtins(UPLOAD)
    assert kept["hold"] == "free"
    assert msgspec.convert(kept, Upload) == UPLOAD
