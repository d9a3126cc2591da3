"""CreateMultipartUpload."""

from typing import cast

from litestar.types import ASGIApp

from domain.files.attributes import Attributes, ChecksumKind
from domain.files.model import NewFile
from domain.multipart.begin_multipart_upload import BeginMultipartUpload
from domain.multipart.model import PartChecksums
from domain.values.checksums import COMBINABLE, DEFAULT_ALGORITHM
from domain.values.media_types import content_type_of
from service.s3.errors import S3Error
from service.s3.headers.checksums import named_algorithm
from service.s3.headers.descriptions import content_headers_of, user_metadata_of
from service.s3.headers.labels import labels_in_header
from service.s3.headers.unsupported import refuse_unsupported
from service.s3.multipart.addresses import upload_id
from service.s3.names import location_of
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import document, text


class CreateMultipartUpload:
    """Begin an upload of an object in parts."""

    def __init__(self, begin: BeginMultipartUpload) -> None:
        self._begin = begin

    async def __call__(self, request: S3Request) -> ASGIApp:
        refuse_unsupported(request)
        at = location_of(request.bucket, request.key)
        checksums = part_checksums_of(request)
        new = NewFile(
            bucket=at.bucket,
            name=at.name,
            content_type=content_type_of(at.name, request.headers.get("content-type")),
            metadata=user_metadata_of(request),
            attributes=Attributes(
                headers=content_headers_of(request), labels=labels_in_header(request.field("x-amz-tagging"))
            ),
        )
        upload = await self._begin(request.caller, new, checksums)
        return xml_response(
            document(
                "InitiateMultipartUploadResult",
                text("Bucket", request.bucket),
                text("Key", request.key),
                text("UploadId", upload_id(upload)),
            ),
            checksum_headers(checksums),
        )


def part_checksums_of(request: S3Request) -> PartChecksums | None:
    """Return the checksums that the upload shall have, None where none are named.

    The matrix is AWS's (User Guide, "Checking object integrity", "Full object and composite checksum types"). Raises
    `S3Error`.
    """
    algorithm = named_algorithm(request.field("x-amz-checksum-algorithm"))
    kind = checksum_kind(request)
    if algorithm is None:
        if kind is not None:
            raise S3Error(
                "InvalidRequest",
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )
        return None
    is_whole_only = algorithm == DEFAULT_ALGORITHM
    kind = kind or ("FULL_OBJECT" if is_whole_only else "COMPOSITE")
    if (kind == "COMPOSITE" and is_whole_only) or (kind == "FULL_OBJECT" and algorithm not in COMBINABLE):
        raise S3Error(
            "InvalidRequest",
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
        )
    return PartChecksums(algorithm=algorithm, kind=kind)


def checksum_kind(request: S3Request) -> ChecksumKind | None:
    """Return the checksum type that a request names. Raises `S3Error`."""
    kind = request.field("x-amz-checksum-type").upper()
    if kind not in {"", "FULL_OBJECT", "COMPOSITE"}:
        raise S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
    return cast(ChecksumKind, kind) if kind else None


def checksum_headers(checksums: PartChecksums | None) -> dict[str, str]:
    """Return the header fields of an upload's checksums."""
    if checksums is None:
        return {}
    return {"x-amz-checksum-algorithm": checksums.algorithm, "x-amz-checksum-type": checksums.kind}
