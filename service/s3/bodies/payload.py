"""The body of a request as it was signed: the bytes come as they arrive, and their end only once they are verified."""

import hmac
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from typing import cast

from litestar.types import HTTPReceiveMessage, Receive

from domain.blobs.background_hashing import BackgroundHashing
from domain.blobs.errors import InterruptedBodyError
from service.s3.errors import S3Error

EMPTY_SHA256 = sha256().hexdigest()


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


async def hashed(chunks: AsyncIterator[bytes], declared: str) -> AsyncIterator[bytes]:
    """Yield a body that is signed as a whole, by its SHA-256 in hex. In place of its end it raises as `check_hash`."""
    computed = sha256()
    with BackgroundHashing(computed.update) as hashing:
        async for chunk in chunks:
            await hashing.add(chunk)
            yield chunk
        await hashing.finish()
    check_hash(computed.hexdigest(), declared)


def check_hash(computed: str, declared: str) -> None:
    """Return if the SHA-256 of a body, in hex, is as declared. Raises `S3Error`, `XAmzContentSHA256Mismatch`."""
    if not hmac.compare_digest(computed, declared):
        raise payload_mismatch({"ClientComputedContentSHA256": declared, "S3ComputedContentSHA256": computed})


def payload_mismatch(elements: Mapping[str, str] | None = None) -> S3Error:
    """Return the error for a body that is another than the one that was signed."""
    return S3Error(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        elements,
    )
