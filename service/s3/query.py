"""The parameters of a query as texts."""

from service.s3.errors import S3Error
from service.s3.signatures.canonical import split_query


def decode_query(raw_query: bytes) -> list[tuple[str, str]]:
    """Return the parameters in their order, decoded once. Raises `S3Error`, `InvalidURI`."""
    try:
        return [(name.decode(), value.decode()) for name, value in split_query(raw_query)]
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The query is not percent-encoded UTF-8.") from None
