"""Requests to S3 that clients make themselves, signed here."""

from typing import TYPE_CHECKING

from adapters.s3.errors import s3_errors
from adapters.s3.listing import object_key_of
from domain.model.direct_access import ReadHeaders, ReadMethod

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import GetObjectRequestTypeDef


class S3DirectAccess:
    """Signs requests to the objects of an `S3BlobStore` with the same `bucket` and `prefix`.

    They are good for `life` seconds, or until the credentials that signed them end, which those of a role do.
    `signing` is a client whose endpoint is the one that clients reach. Signing asks nobody, but for credentials that
    have to be renewed.
    """

    def __init__(self, signing: "S3Client", bucket: str, prefix: str = "", *, life: int) -> None:
        self._signing = signing
        self._bucket = bucket
        self._prefix = prefix
        self._life = life

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> str:
        request: GetObjectRequestTypeDef = {
            "Bucket": self._bucket,
            "Key": object_key_of(key, self._prefix),
            "ResponseContentType": headers.content_type,
            "ResponseContentDisposition": headers.content_disposition,
            "ResponseCacheControl": headers.cache_control,
        }
        with s3_errors():
            return await self._signing.generate_presigned_url(
                "get_object" if method == "GET" else "head_object", Params=request, ExpiresIn=self._life
            )
