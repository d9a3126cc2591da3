"""The headers of tus: a row each."""

from service.http.openapi.headers import UPLOAD_OFFSET
from service.http.openapi.operation import Header, constant

_WHOLE = {"type": "integer", "minimum": 0}
_ONE = constant("1")
_VERSION = constant("1.0.0")
_METADATA = "filename b3BlcmEuZmxhYw==,bucket bXVzaWM="

# Of responses.
TUS_RESUMABLE = Header("Tus-Resumable", "The version of tus.", "1.0.0", _VERSION)
TUS_VERSION = Header(
    "Tus-Version", "The version of tus that is spoken here, where the request asks for another.", "1.0.0"
)
LENGTH = Header("Upload-Length", "How many bytes the upload will have.", 31457280, _WHOLE)
DEFER_LENGTH = Header("Upload-Defer-Length", "The upload's length is not known yet.", "1", _ONE)
METADATA = Header("Upload-Metadata", "What was said of the file when the upload was begun.", _METADATA)
CONCAT = Header(
    "Upload-Concat", "That the upload is a part, or which ones it is put together from, as it was sent.", "partial"
)
EXPIRES = Header(
    "Upload-Expires", "Until when the upload waits for more, if nothing more is done.", "Wed, 04 Nov 2026 09:26:12 GMT"
)
FILE_ID = Header(
    "Fileport-File-Id",
    "The id of the file that the upload has become.",
    "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27",
    {"type": "string", "format": "uuid"},
)

# Of requests.
SPOKEN_VERSION = Header(
    "Tus-Resumable",
    "The version of tus that the request speaks; any other is refused with 412.",
    "1.0.0",
    _VERSION,
    is_required=True,
)
WHOLE_LENGTH = Header("Upload-Length", "How many bytes the whole upload will have.", 31457280, _WHOLE)
LATER_LENGTH = Header("Upload-Defer-Length", "That the length comes with a later PATCH.", "1", _ONE)
NEW_METADATA = Header(
    "Upload-Metadata", "What the file will be: keys and their values in Base64, with commas between.", _METADATA
)
NEW_CONCAT = Header(
    "Upload-Concat",
    "`partial` for an upload that is only a part; `final;` and the URLs of parts, with spaces between, for one "
    "that is put together from them as soon as all are complete.",
    "partial",
)
SENT_OFFSET = Header(
    "Upload-Offset", "Where the bytes begin: what the upload says is its offset, else 409.", 0, _WHOLE, is_required=True
)
CHECKSUM = Header(
    "Upload-Checksum",
    "What the bytes of this request add up to: `sha1`, `sha256`, `md5` or `crc32`, a space, and the value in "
    "Base64. Where it does not come out, 460, and none of them counts. It may stand in the trailer section of "
    "a chunked body, where `Trailer: Upload-Checksum` announces it.",
    "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
)

PROGRESS = (TUS_RESUMABLE, UPLOAD_OFFSET, EXPIRES, FILE_ID)
CREATION = (SPOKEN_VERSION, WHOLE_LENGTH, LATER_LENGTH, NEW_METADATA, NEW_CONCAT, CHECKSUM)
