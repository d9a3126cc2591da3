"""The file that the document's examples are about, and descriptions of it that several resources share."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from msgspec.structs import replace

from domain.buckets.model import BucketName
from domain.files.model import File
from domain.files.patches import FilePatch
from service.http.bodies.representations import file_body
from service.http.openapi.headers import ETAG, LOCATION
from service.http.openapi.operation import Response
from service.http.openapi.parameters import path
from service.http.openapi.schemas import schema_of

CREATED = datetime(2026, 11, 3, 9, 26, 12, 480_211, tzinfo=UTC)
CHANGED = datetime(2026, 11, 3, 9, 33, 2, 17_604, tzinfo=UTC)

ORIGINAL = File(
    id=UUID("019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"),
    bucket="music",
    name="queen/a night at the opera.flac",
    content_type="audio/flac",
    size=31_457_280,
    sha256="5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    blob_key="",
    metadata={"artist": "Queen", "year": 1975},
    tags=("album", "lossless"),
    revision=1,
    created_at=CREATED,
    updated_at=CREATED,
)
COPIED = replace(
    ORIGINAL,
    id=UUID("019a6b24-90aa-7d03-8a51-c4e2f7b9016d"),
    name="backup/a night at the opera.flac",
    created_at=CHANGED,
    updated_at=CHANGED,
)
_second = replace(ORIGINAL, revision=2, updated_at=CHANGED)

FILE = file_body(ORIGINAL)
COPY = file_body(COPIED)
REPLACED = file_body(_second)
RATE = FilePatch(metadata={"rating": 5}, tags=("album",))
PATCHED = file_body(replace(_second, metadata={"artist": "Queen", "year": 1975, "rating": 5}, tags=("album",)))

BucketPath = Annotated[str, path("The bucket's name.", FILE.bucket, schema_of(BucketName))]
FileId = Annotated[UUID, path("The file's id.", str(FILE.id))]
NEW_FILE = Response(201, "The file is new.", FILE, (ETAG, LOCATION))
UNCHANGED = Response(304, "The caller has it already.", headers=(ETAG,))
