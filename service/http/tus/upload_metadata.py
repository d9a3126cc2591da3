"""`Upload-Metadata` (tus 1.0.0, section "Creation"): a description of the file."""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from domain.buckets.model import DEFAULT_BUCKET
from domain.files.model import NewFile
from domain.uploads.errors import InvalidUploadMetadataError
from domain.values.media_types import content_type_of
from service.http.bodies.annotations import parse_metadata, parse_tags

MAX_GIVEN = 256 * 1024

_PAIR = re.compile(r"([!-+\--~]+)(?: ([0-9A-Za-z+/]*={0,2}))?")
_OWN = frozenset({"bucket", "filename", "filetype", "metadata", "tags"})


def decode_metadata(given: str) -> dict[str, bytes]:
    """Return the values by their keys. Raises `InvalidUploadMetadataError`."""
    values: dict[str, bytes] = {}
    if len(given) > MAX_GIVEN:
        raise InvalidUploadMetadataError(f"Upload-Metadata is longer than {MAX_GIVEN} bytes.")
    for each in given.split(",") if given.strip() else ():
        match = _PAIR.fullmatch(each.strip())
        if match is None or match[1] in values:
            raise InvalidUploadMetadataError(
                "Upload-Metadata is a list with commas: each a key that stands once, a space, and the value in Base64."
            )
        try:
            values[match[1]] = b64decode(match[2] or "", validate=True)
        except binascii.Error:
            raise InvalidUploadMetadataError(f"The value of {match[1][:100]!r} is not Base64.") from None
    return values


def described_file(values: Mapping[str, bytes]) -> NewFile:
    """Return the file that the values describe. Raises `InvalidUploadMetadataError`, and the errors of its parts."""
    texts = {key: _text(key, value) for key, value in values.items()}
    name = texts.get("filename", "")
    metadata: dict[str, Any] = {key: value for key, value in texts.items() if key not in _OWN}
    if texts.get("metadata"):
        metadata |= parse_metadata(texts["metadata"])
    return NewFile(
        bucket=texts.get("bucket") or DEFAULT_BUCKET,
        name=name,
        content_type=content_type_of(name, texts.get("filetype")),
        metadata=metadata or None,
        tags=parse_tags(texts["tags"]) if "tags" in texts else None,
    )


def _text(key: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidUploadMetadataError(f"The value of {key[:100]!r} is not UTF-8.") from None
