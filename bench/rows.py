"""The rows of the table: what is compared with what, and the ratio or the value to reach."""

import msgspec

DISK, S3 = "fileport-disk", "fileport-s3"
GUIDES, GUIDES_S3 = "guides-disk", "guides-s3"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A side's figure of a work, and the one that it is divided by, if any: the first of `theirs` that was measured.

    `at_least` bounds a ratio, `at_most` a value in the figure's unit. A row without a bound is for information.
    `their_work` is the same work where it is None.
    """

    title: str
    work: str
    ours: str
    theirs: tuple[str, ...] = ()
    their_work: str | None = None
    at_least: float | None = None
    at_most: float | None = None


def _against(title: str, work: str, ours: str, theirs: str, at_least: float | None) -> Row:
    return Row(title=title, work=work, ours=ours, theirs=(theirs,), at_least=at_least)


ROWS = (
    _against("a request that does nothing / Litestar's static route", "nothing", DISK, "litestar", 0.7),
    _against("metadata GET by id / the guides' stack", "metadata", DISK, GUIDES, 4.5),
    _against("metadata GET by id / Litestar with one asyncpg query", "metadata", DISK, "litestar", 0.85),
    _against(
        "list 50 of 1 million, first page / the guides' stack", "list-first", "fileport-listed", "guides-listed", 4
    ),
    _against("list 50 of 1 million, middle / the guides' stack", "list-middle", "fileport-listed", "guides-listed", 4),
    Row(
        title="list 50 of 1 million, middle / first page",
        work="list-middle",
        ours="fileport-listed",
        theirs=("fileport-listed",),
        their_work="list-first",
        at_least=1 / 1.5,
    ),
    _against("1 KiB download by id, disk / the guides' stack", "download-1k-id", DISK, GUIDES, 5),
    _against("1 KiB download by id, S3 / the guides' stack", "download-1k-id", S3, GUIDES_S3, 5),
    _against("1 KiB download by name, disk / the guides' stack", "download-1k-name", DISK, GUIDES, 5),
    _against("1 KiB download by name, S3 / the guides' stack", "download-1k-name", S3, GUIDES_S3, 5),
    _against("1 KiB upload, durable, disk / the guides' stack", "upload-1k", DISK, GUIDES, 4),
    _against("1 KiB upload, durable, S3 / the guides' stack", "upload-1k", S3, GUIDES_S3, 4),
    _against("1 KiB upload, durable, disk / a bare insert", "upload-1k", DISK, "insert-16", 0.5),
    _against("1 KiB upload, durable, S3 / a bare insert", "upload-1k", S3, "insert-16", 0.5),
    _against("1 KiB upload, durable, disk / Litestar with one bare insert", "upload-1k", DISK, "litestar", 0.5),
    _against("64 KiB upload, disk, durable / the guides' stack", "upload-64k", DISK, GUIDES, 1.5),
    _against("64 KiB download, disk / the guides' stack", "download-64k", DISK, GUIDES, 3),
    _against("64 KiB upload, S3 / put_object of plain aioboto3", "upload-64k", S3, "put_object", 2),
    _against("64 KiB download, S3 / get_object of plain aioboto3", "download-64k", S3, "get_object", 3),
    _against("64 KiB upload, S3 / the guides' stack", "upload-64k", S3, GUIDES_S3, None),
    _against("64 KiB download, S3 / the guides' stack", "download-64k", S3, GUIDES_S3, None),
    _against(
        "64 KiB upload, LocalStack / put_object of plain aioboto3",
        "upload-64k-localstack",
        "fileport-localstack",
        "put_object-localstack",
        None,
    ),
    _against(
        "64 KiB download, LocalStack / get_object of plain aioboto3",
        "download-64k-localstack",
        "fileport-localstack",
        "get_object-localstack",
        None,
    ),
    _against("1 GiB upload, disk, durable / copy + hash + fsync", "upload-1g", DISK, "copy-hash-fsync", 0.8),
    _against("1 GiB upload, disk, durable / the guides' stack", "upload-1g", DISK, GUIDES, None),
    Row(
        title="1 GiB download, disk / nginx, or else a sendfile loop",
        work="download-1g",
        ours=DISK,
        theirs=("nginx", "sendfile"),
        at_least=0.8,
    ),
    _against("1 GiB download, disk / the guides' stack", "download-1g", DISK, GUIDES, None),
    _against("1 GiB upload, S3 / the store called directly", "upload-1g-s3", S3, "aioboto3", 0.9),
    _against("1 GiB download, S3 / the store called directly", "download-1g-s3", S3, "aioboto3", 0.9),
    _against("1 KiB GET by S3's protocol / by our own", "s3-get-1k", "fileport-by-s3", DISK, 0.7),
    _against("1 KiB PUT by S3's protocol / by our own", "s3-put-1k", "fileport-by-s3", DISK, 0.7),
    _against("1 GiB GET by S3's protocol / by our own", "s3-get-1g", "fileport-by-s3", DISK, 0.85),
    _against("1 GiB PUT by S3's protocol / by our own", "s3-put-1g", "fileport-by-s3", DISK, 0.85),
    _against("1 KiB GET by S3's protocol / LocalStack", "s3-get-1k", "fileport-by-s3", "localstack-by-s3", None),
    _against("1 KiB PUT by S3's protocol / LocalStack", "s3-put-1k", "fileport-by-s3", "localstack-by-s3", None),
    Row(title="memory of a worker at rest", work="memory-rest", ours=DISK, at_most=100),
    Row(title="memory of a worker at rest, S3", work="memory-rest", ours=S3, at_most=100),
    Row(title="memory of a worker after load", work="memory-loaded", ours=DISK),
    Row(title="growth with 50 uploads of 1 GiB", work="memory-uploads", ours=DISK, at_most=64),
    Row(title="growth with 50 downloads of 1 GiB", work="memory-downloads", ours=DISK, at_most=64),
    Row(title="growth with 50 uploads of 1 GiB, S3", work="memory-uploads", ours=S3, at_most=64),
    Row(title="growth with 50 downloads of 1 GiB, S3", work="memory-downloads", ours=S3, at_most=64),
    _against("metadata GET, two workers / one", "workers", "fileport-2-workers", "fileport-1-worker", 1.8),
    Row(title="start, first answer on an existing data directory", work="start", ours="fileport", at_most=3),
    Row(title="fileport --help", work="help", ours="fileport", at_most=0.3),
    Row(title="the key's share of a metadata GET", work="authentication", ours=DISK),
)
