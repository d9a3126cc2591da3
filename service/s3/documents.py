"""Documents in the bodies of requests."""

from domain.values.checksums import Checksums
from service.s3.headers.checksums import begin_sums
from service.s3.request import MAX_XML_BYTES, S3Request
from service.s3.xml import Node, parse


class ReadDocument:
    """Read an XML document, and compare its bytes with the MD5 or the checksum that the request declares of them."""

    def __init__(self, checksums: Checksums) -> None:
        self._checksums = checksums

    async def __call__(self, request: S3Request, root: str, *, limit: int = MAX_XML_BYTES) -> Node:
        """Return the document, of up to `limit` bytes, whose root is `root`.

        Raises all of `begin_sums`, `S3Request.read` and `parse`, and `DigestMismatchError`.
        """
        sums = begin_sums(request, self._checksums)
        body = await request.read(limit)
        sums.update(body)
        sums.finish()
        return parse(body, root)
