"""What a writer declares of an object's bytes: MD5 and one checksum, in headers or behind the body.

API Reference, "PutObject", and User Guide, "Checking object integrity".
"""

import binascii
from base64 import b64decode
from collections.abc import Callable

from domain.files.attributes import Checksum
from domain.files.content.running_sums import RunningSums
from domain.values.checksums import DEFAULT_ALGORITHM, LENGTHS, Checksums
from service.s3.errors import S3Error
from service.s3.fields import Fields

PREFIX = "x-amz-checksum-"
# They begin so, and are no checksums.
_ABOUT = frozenset({f"{PREFIX}algorithm", f"{PREFIX}mode", f"{PREFIX}type"})
_BY_FIELD = {PREFIX + algorithm.lower(): algorithm for algorithm in LENGTHS}
_MD5_BYTES = 16


def begin_sums(request: Fields, checksums: Checksums) -> RunningSums:
    """Return the sums of the body of a request, which are compared with what it declares. Raises `S3Error`."""
    algorithm, declared = declared_checksum(request)
    return RunningSums(
        algorithm or DEFAULT_ALGORITHM,
        checksums.begin(algorithm or DEFAULT_ALGORITHM),
        declared,
        md5=content_md5(request),
    )


def is_declared(request: Fields) -> bool:
    """Return whether the request declares an MD5 or a checksum of its body. Raises `S3Error`."""
    return content_md5(request) is not None or declared_checksum(request)[0] is not None


def content_md5(request: Fields) -> bytes | None:
    """Return the MD5 in `Content-MD5`, None where there is none. Raises `S3Error`, `InvalidDigest`."""
    if "content-md5" not in request.fields("content-md5"):
        return None
    md5 = _decode(request.field("content-md5"))
    if md5 is None or len(md5) != _MD5_BYTES:
        raise S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.")
    return md5


def field_of(algorithm: str) -> str:
    """Return the name of the header of a checksum."""
    return PREFIX + algorithm.lower()


def checksum_fields(checksum: Checksum | None) -> dict[str, str]:
    """Return the header fields of an object's checksum."""
    if checksum is None:
        return {}
    return {field_of(checksum.algorithm): checksum.value, f"{PREFIX}type": checksum.kind}


def named_algorithm(value: str) -> str | None:
    """Return the algorithm of that name, None for an empty value. Raises `S3Error`."""
    if value and value.upper() not in LENGTHS:
        raise S3Error(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(LENGTHS)}]",
        )
    return value.upper() or None


def declared_checksum(request: Fields) -> tuple[str | None, Callable[[], bytes | None]]:
    """Return the algorithm, None where none is named, and how to find what is declared once the body has ended."""
    fields = [name for name in request.fields(PREFIX) if name not in _ABOUT]
    trailers = [name for name in _names(request.field("x-amz-trailer")) if name.startswith(PREFIX)]
    if len(fields) + len(trailers) > 1:
        raise S3Error(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    named = named_algorithm(request.field("x-amz-sdk-checksum-algorithm"))
    if not fields and not trailers:
        if named is not None:
            raise S3Error(
                "InvalidRequest",
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                "headers were found.",
            )
        return None, lambda: None
    [name] = fields or trailers
    algorithm = _BY_FIELD.get(name)
    if algorithm is None or named not in {None, algorithm}:
        raise S3Error("InvalidRequest", f"Value for {name} header is invalid.")
    if trailers:
        return algorithm, lambda: _value(name, algorithm, request.trailers.get(name, ""))
    value = _value(name, algorithm, request.field(name))
    return algorithm, lambda: value


def _value(name: str, algorithm: str, given: str) -> bytes:
    value = _decode(given)
    if value is None or len(value) != LENGTHS[algorithm]:
        raise S3Error("BadDigest", f"Value for {name} header is invalid.")
    return value


def _names(value: str) -> list[str]:
    return [name for each in value.split(",") if (name := each.strip().lower())]


def _decode(value: str) -> bytes | None:
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
