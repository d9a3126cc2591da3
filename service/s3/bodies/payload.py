"""The body of a request as it was signed: the bytes come as they arrive, and their end only once they are verified."""

import hmac
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import cast

from litestar.types import HTTPReceiveMessage, Receive

from domain.blobs.errors import InterruptedBodyError
from service.s3.errors import S3Error
from service.s3.signatures.verifier import UNSIGNED_PAYLOAD


async def received(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it arrives. Raises `InterruptedBodyError` if the client disconnects."""
    more = True
    while more:
        message = cast(HTTPReceiveMessage, await receive())
        if message["type"] == "http.disconnect":
            raise InterruptedBodyError("The connection was closed before the body's end.")
        if chunk := message.get("body"):
            yield chunk
        more = message.get("more_body", False)


async def verified(chunks: AsyncIterator[bytes], payload: str) -> AsyncIterator[bytes]:
    """Yield a body that is signed as a whole, or not at all.

    `payload` is the value of `x-amz-content-sha256`. Raises `S3Error`, `XAmzContentSHA256Mismatch`, in the place of the
    end, so that nothing is made of a body that is another.
    """
    if payload == UNSIGNED_PAYLOAD:
        async for chunk in chunks:
            yield chunk
        return
    computed = sha256()
    async for chunk in chunks:
        computed.update(chunk)
        yield chunk
    if not hmac.compare_digest(computed.hexdigest(), payload):
        raise S3Error(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            {"ClientComputedContentSHA256": payload, "S3ComputedContentSHA256": computed.hexdigest()},
        )
