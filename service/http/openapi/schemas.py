"""The document's schemas: those of our types, with the limits that the domain keeps, and those of bodies we stream."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from domain.buckets.model import (
    MAX_ALLOWED_TYPES,
    MAX_BYTES,
    MAX_CACHE_CONTROL_LENGTH,
    MAX_FILE_BYTES,
    MAX_SECONDS,
)
from domain.direct_uploads.model import MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE
from domain.files.metadata import MAX_METADATA_BYTES, MAX_METADATA_DEPTH, MAX_TAG_CHARACTERS, MAX_TAGS
from domain.files.names import MAX_NAME_BYTES
from domain.jobs.model import MAX_PROBLEMS
from domain.values.media_types import MAX_CONTENT_TYPE_LENGTH
from service.http.openapi import patterns
from service.http.problems import Problem
from service.http.representations import FileBody
from service.http.resources.archives.bodies import ArchiveRequest
from service.http.resources.batches.bodies import (
    CopyOperation,
    DeleteOperation,
    MoveOperation,
    OperationResult,
    PatchOperation,
)
from service.http.resources.buckets.bodies import BucketBody, BucketPage
from service.http.resources.direct_uploads.bodies import (
    DirectUploadBody,
    DirectUploadPage,
    DirectUploadRequest,
    OpenedUploadBody,
    PartBody,
)
from service.http.resources.files.bodies import FilePage
from service.http.resources.jobs.bodies import JobBody, JobPageBody
from service.http.resources.uploads.bodies import UploadBody, UploadPage

Schema = Mapping[str, Any]

BUCKET_NAME: Schema = {"pattern": patterns.BUCKET_NAME}
FILE_NAME: Schema = {
    "description": (
        f"A Unicode path of at most {MAX_NAME_BYTES} bytes of UTF-8, kept exactly as given, without control "
        "characters and without empty, `.` or `..` segments."
    ),
    "pattern": patterns.FILE_NAME,
    "maxLength": MAX_NAME_BYTES,
}
CONTENT_TYPE: Schema = {"pattern": patterns.CONTENT_TYPE, "maxLength": MAX_CONTENT_TYPE_LENGTH}
METADATA: Schema = {
    "description": (
        f"Any JSON object, up to {MAX_METADATA_BYTES} bytes of compact JSON and {MAX_METADATA_DEPTH} levels, without "
        "NUL characters."
    )
}
TAGS: Schema = {
    "description": "Distinct tags, in their order.",
    "items": {"type": "string", "pattern": patterns.TAG, "maxLength": MAX_TAG_CHARACTERS},
    "maxItems": MAX_TAGS,
}
ETAG: Schema = {"pattern": patterns.ETAG}
SHA256: Schema = {"description": "The SHA-256 of the bytes, in lower-case hex.", "pattern": patterns.SHA256}

PREFIX: Schema = {
    "description": "How names begin; the empty prefix begins all of them.",
    "pattern": patterns.PREFIX,
    "maxLength": MAX_NAME_BYTES,
}
CODE: Schema = {"description": "Stable; for programs.", "pattern": "^[a-z_]+$"}

_FILE: Mapping[str, Schema] = {
    "bucket": BUCKET_NAME,
    "name": FILE_NAME,
    "content_type": CONTENT_TYPE,
    "size": {"description": "Bytes.", "minimum": 0, "maximum": MAX_FILE_BYTES},
    "sha256": SHA256,
    "etag": ETAG,
    "metadata": METADATA,
    "tags": TAGS,
    "revision": {"description": "Begins at 1 and grows with every change of the record or its bytes.", "minimum": 1},
    "created_at": {"description": "In UTC.", "format": "date-time"},
    "updated_at": {"description": "When the record or its bytes last changed, in UTC.", "format": "date-time"},
    "expires_at": {
        "description": "From then on the file is as good as deleted; null: never.",
        "format": "date-time",
    },
}
_DIRECT_UPLOAD: Mapping[str, Schema] = {
    **{name: _FILE[name] for name in ("bucket", "name", "content_type", "size", "metadata", "tags", "created_at")},
    "sha256": {**SHA256, "description": "The SHA-256 that was declared, in lower-case hex; null: none was."},
    "part_size": {"description": "Bytes of every part but the last.", "minimum": MIN_PART_SIZE},
    "part_count": {"description": "How many parts there are.", "minimum": 1, "maximum": MAX_PARTS},
    "file_id": {"description": "The file that it has become.", "format": "uuid"},
    "expires_at": {"description": "Until then it can be completed.", "format": "date-time"},
}
_BUCKET: Mapping[str, Schema] = {
    "name": BUCKET_NAME,
    "max_file_size": {
        "description": "The largest file, in bytes; null: only the service's own limit holds.",
        "minimum": 0,
        "maximum": MAX_FILE_BYTES,
    },
    "allowed_types": {
        "description": "Which content types may come in: `type/subtype`, `type/*` or `*/*`; null: all.",
        "items": {"type": "string", "pattern": patterns.TYPE_PATTERN, "maxLength": MAX_CONTENT_TYPE_LENGTH},
        "maxItems": MAX_ALLOWED_TYPES,
    },
    "quota_bytes": {
        "description": "What the files may add up to, in bytes; null: no limit.",
        "minimum": 0,
        "maximum": MAX_BYTES,
    },
    "default_ttl": {
        "description": "Seconds after which a new file expires; null: never.",
        "minimum": 1,
        "maximum": MAX_SECONDS,
    },
    "public": {"description": "Whether anybody may read the files."},
    "cache_control": {
        "description": "The `Cache-Control` of downloads; null: none of its own.",
        "pattern": patterns.FIELD_VALUE,
        "minLength": 1,
        "maxLength": MAX_CACHE_CONTROL_LENGTH,
    },
    "created_at": {"description": "In UTC.", "format": "date-time"},
}
_OPERATION: Mapping[str, Schema] = {
    "id": {"description": "The file; or leave it out, and say its `bucket` and `name`."},
    "bucket": BUCKET_NAME,
    "name": FILE_NAME,
    "if_match": {
        "description": "As the header `If-Match`: go on only if the file is at one of these entity tags.",
        "pattern": patterns.ENTITY_TAGS,
    },
}
_UPLOAD: Mapping[str, Schema] = {
    "bucket": {**BUCKET_NAME, "description": "Null for a part, which becomes no file of its own."},
    "name": FILE_NAME,
    "content_type": CONTENT_TYPE,
    "metadata": METADATA,
    "tags": TAGS,
    "length": {"description": "Bytes; null while it is not known.", "minimum": 0, "maximum": MAX_FILE_BYTES},
    "received": {"description": "Bytes that are durable.", "minimum": 0, "maximum": MAX_FILE_BYTES},
    "created_at": {"description": "In UTC.", "format": "date-time"},
    "expires_at": {"description": "Until when it waits for more, in UTC.", "format": "date-time"},
}
_LIMITS: Mapping[type, Mapping[str, Schema]] = {
    **dict.fromkeys((DeleteOperation, CopyOperation, MoveOperation, PatchOperation), _OPERATION),
    JobBody: {
        "bucket": BUCKET_NAME,
        "prefix": PREFIX,
        "state": {
            "description": (
                "`done`: it has come to its end, whatever became of each file. `failed`: it could not go on; what it "
                "has done stays."
            )
        },
        "done": {"description": "How many files were deleted or moved.", "minimum": 0},
        "failed": {"description": "How many files stay as they were.", "minimum": 0},
        "problems": {"description": "The first of those.", "maxItems": MAX_PROBLEMS},
        "created_at": {"description": "When it was asked for, in UTC.", "format": "date-time"},
        "updated_at": {"description": "When it last made a step, in UTC.", "format": "date-time"},
        "finished_at": {"description": "When it ended, in UTC.", "format": "date-time"},
    },
    JobPageBody: {"limit": {"minimum": 1}},
    OperationResult: {"status": {"minimum": 200, "maximum": 599}},
    FileBody: _FILE,
    ArchiveRequest: _FILE,
    DirectUploadRequest: {
        name: each for name, each in _DIRECT_UPLOAD.items() if name in {"bucket", "name", "content_type", "tags"}
    },
    DirectUploadBody: _DIRECT_UPLOAD,
    OpenedUploadBody: _DIRECT_UPLOAD,
    DirectUploadPage: {"limit": {"minimum": 1}},
    PartBody: {"number": {"minimum": 1, "maximum": MAX_PARTS}, "size": {"minimum": 0, "maximum": MAX_PART_SIZE}},
    BucketBody: _BUCKET,
    FilePage: {"limit": {"minimum": 1}, "offset": {"minimum": 0}, "total": {"minimum": 0}},
    BucketPage: {"limit": {"minimum": 1}},
    UploadBody: _UPLOAD,
    UploadPage: {"limit": {"minimum": 1}},
    Problem: {
        "type": {"format": "uri-reference"},
        "title": {"description": "The phrase of the status."},
        "status": {"minimum": 400, "maximum": 599},
        "detail": {"description": "For people; it may change."},
        "code": CODE,
    },
}

UPLOAD_FORM: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", **FILE_NAME},
        "metadata": {"type": "object", **METADATA},
        "tags": {
            "type": "array",
            **TAGS,
            "description": "May be repeated, and may hold several tags: a JSON array, or with commas between.",
        },
        "file": {"description": "The bytes.", "contentMediaType": "application/octet-stream"},
    },
    "required": ["file"],
    "additionalProperties": False,
}


def reference(kind: type) -> dict[str, str]:
    """Return the reference to a type's schema."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def component_schemas(*, asked: Iterable[type], answered: Iterable[type]) -> dict[str, dict[str, Any]]:
    """Return the schemas of types that requests and answers have, and of all that those refer to."""
    return _components(answered, is_answer=True) | _components(asked, is_answer=False)


def schema_of(annotation: Any) -> dict[str, Any]:
    """Return the schema of a type that refers to no other."""
    return msgspec.json.schema(annotation, schema_hook=_any_json)


def _components(kinds: Iterable[type], *, is_answer: bool) -> dict[str, dict[str, Any]]:
    # Sorted, so that the document is the same after every start.
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(
        ordered, ref_template="#/components/schemas/{name}", schema_hook=_any_json
    )
    limits = {kind.__name__: each for kind, each in _LIMITS.items()}
    return {
        name: _limited(component, limits.get(name, {}), is_answer=is_answer) for name, component in components.items()
    }


def _limited(component: Schema, limits: Mapping[str, Schema], *, is_answer: bool) -> dict[str, Any]:
    properties = {
        name: {**_without_union(each), **limits.get(name, {})} for name, each in component["properties"].items()
    }
    limited = {**component, "properties": properties}
    if is_answer:  # whatever a constructor may leave out, an answer has every field, but for those that may be unset
        needed = component.get("required", ())
        limited["required"] = [name for name, each in properties.items() if name in needed or "default" in each]
        limited["properties"] = {
            name: {key: value for key, value in each.items() if key != "default"} for name, each in properties.items()
        }
    return limited


def _without_union(schema: Schema) -> Schema:
    match schema.get("anyOf"):
        case [{"type": str(kind)} as only, {"type": "null"}]:
            return {**only, "type": [kind, "null"], **{key: schema[key] for key in schema.keys() - {"anyOf"}}}
        case _:
            return schema


def _any_json(_: type) -> dict[str, Any]:
    return {"description": "Any JSON."}
