"""What the document says of every operation, a module a tag. A key is the operation's id: its handler's name."""

from collections.abc import Mapping

from service.http.openapi.operation import Operation
from service.http.resources.archives.openapi import OPERATIONS as ARCHIVES
from service.http.resources.batches.openapi import OPERATIONS as BATCHES
from service.http.resources.buckets.openapi import OPERATIONS as BUCKETS
from service.http.resources.content.openapi import OPERATIONS as CONTENT
from service.http.resources.direct_uploads.openapi import OPERATIONS as DIRECT_UPLOADS
from service.http.resources.files.openapi import OPERATIONS as FILES
from service.http.resources.health.openapi import OPERATIONS as HEALTH
from service.http.resources.jobs.openapi import OPERATIONS as JOBS
from service.http.resources.uploads.openapi import OPERATIONS as UPLOADS

OPERATIONS: Mapping[str, Operation] = {
    **BUCKETS,
    **FILES,
    **BATCHES,
    **CONTENT,
    **JOBS,
    **ARCHIVES,
    **DIRECT_UPLOADS,
    **UPLOADS,
    **HEALTH,
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
