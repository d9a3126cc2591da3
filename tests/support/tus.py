"""The words of tus (https://tus.io/protocols/resumable-upload), for the tests."""

from base64 import b64encode

UPLOADS = "/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def encoded(**values: str | bytes | None) -> str:
    """Return the value of `Upload-Metadata`; a key without a value stands alone."""
    return ",".join(
        key if value is None else f"{key} {b64encode(value.encode() if isinstance(value, str) else value).decode()}"
        for key, value in values.items()
    )
