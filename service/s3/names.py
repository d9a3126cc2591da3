"""Where an object is."""

from domain.buckets.model import check_bucket_name
from domain.files.errors import InvalidNameError
from domain.files.model import Location
from domain.files.names import MAX_NAME_BYTES, check_file_name
from service.s3.errors import S3Error


def location_of(bucket: str, key: str) -> Location:
    """Return the location of exactly that key.

    Raises `InvalidBucketError` and `S3Error`: `KeyTooLongError`, and `InvalidURI` for a key that no file may have.
    """
    check_bucket_name(bucket)
    try:
        return Location(bucket, check_file_name(key), is_exact=True)
    except InvalidNameError:
        if len(key.encode(errors="surrogatepass")) > MAX_NAME_BYTES:
            raise S3Error("KeyTooLongError", "Your key is too long.", {"MaxSizeAllowed": MAX_NAME_BYTES}) from None
        raise S3Error("InvalidURI", "Couldn't parse the specified URI.") from None
