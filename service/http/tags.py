"""The groups of the document's operations, in their order."""

from service.http.openapi.operation import Tag

BUCKETS = Tag("Buckets", "Named containers of files, each with a policy: sizes, types, quota, time to live.")
FILES = Tag("Files", "What is known of files: find, read, change, copy and delete their records. No bytes move.")
CONTENT = Tag("Content", "The bytes: uploads and downloads, by name and by id.")
LINKS = Tag("Links", "Addresses that serve a file, or take files, for people without a key.")
JOBS = Tag("Jobs", "Work on all files below a prefix, done in the background.")
DIRECT_UPLOADS = Tag(
    "Direct uploads", "Large files whose bytes go to S3 without passing the service, and are verified there."
)
UPLOADS = Tag("Uploads", "Uploads that go on where they were cut: tus 1.0.0.")
KEYS = Tag("Keys", "API keys: secrets with scopes, for programs.")
AUDIT = Tag("Audit", "Who did what to which file, when and from where.")
HEALTH = Tag("Health", "For the platform that runs the service.")

TAGS = (BUCKETS, FILES, CONTENT, LINKS, JOBS, DIRECT_UPLOADS, UPLOADS, KEYS, AUDIT, HEALTH)
