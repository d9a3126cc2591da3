"""What the document says of every operation, a module a tag. A key is the operation's id: its handler's name."""

from collections.abc import Mapping

from service.http.openapi.operation import Operation
from service.http.openapi.operations import (
    archives,
    batches,
    buckets,
    content,
    direct_uploads,
    files,
    health,
    jobs,
    uploads,
)

OPERATIONS: Mapping[str, Operation] = {
    **buckets.OPERATIONS,
    **files.OPERATIONS,
    **batches.OPERATIONS,
    **content.OPERATIONS,
    **jobs.OPERATIONS,
    **archives.OPERATIONS,
    **direct_uploads.OPERATIONS,
    **uploads.OPERATIONS,
    **health.OPERATIONS,
}

TAGS = {
    "Buckets": "Named containers of files, each with a policy: sizes, types, quota, time to live.",
    "Files": "What is known of files: find, read, change, copy and delete their records. No bytes move.",
    "Content": "The bytes: uploads and downloads, by name and by id.",
    "Jobs": "Work on all files below a prefix, done in the background.",
    "Direct uploads": "Large files whose bytes go to S3 without passing the service, and are verified there.",
    "Uploads": "Uploads that go on where they were cut: tus 1.0.0.",
    "Health": "For the platform that runs the service.",
}
