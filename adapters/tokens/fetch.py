"""The identity provider's key set, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from domain.access.errors import IdentityProviderUnavailableError

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 256 * 1024


@asynccontextmanager
async def open_key_set_document(url: str, *, seconds: float = TIMEOUT_SECONDS) -> AsyncIterator["KeySetDocument"]:
    """Open the document at `url`, and close its connections with the context. A fetch may take so many `seconds`."""
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=seconds),
        # Without decompression, the bytes that are counted are those that are kept.
        auto_decompress=False,
        headers={"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        # The proxy of the environment, unless the provider is on this machine.
        trust_env=urlsplit(url).scheme == "https",
    ) as session:
        yield KeySetDocument(session, url)


class KeySetDocument:
    """Keep the port `Document`.

    The provider's answer decides who may call, so nobody else is asked: redirects are not followed.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def fetch(self) -> bytes:
        try:
            async with self._session.get(self._url, allow_redirects=False) as response:
                if response.status != HTTPStatus.OK:
                    raise _unavailable(f"with status {response.status}")
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise _unavailable("with a coded body")
                document = bytearray()
                async for chunk in response.content.iter_any():
                    document += chunk
                    if len(document) > MAX_BYTES:
                        raise _unavailable(f"with more than {MAX_BYTES} bytes")
                return bytes(document)
        except TimeoutError as error:
            raise IdentityProviderUnavailableError("The identity provider does not answer in time.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise IdentityProviderUnavailableError("The identity provider cannot be reached.") from error


def _unavailable(reason: str) -> IdentityProviderUnavailableError:
    return IdentityProviderUnavailableError(f"The identity provider answers {reason} where its keys should be.")
