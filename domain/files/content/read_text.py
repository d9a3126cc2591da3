"""Read a file as text."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from domain.access.callers import Caller
from domain.blobs.chunks import Body
from domain.buckets.model import Policy
from domain.files.content.read_file import FileContent, ReadFile
from domain.files.errors import NotTextError, TextTooLargeError
from domain.files.model import Address, File
from domain.values.encodings.decoders import TextDecoder
from domain.values.media_types import encoding_of

# Nobody reads a larger text in one piece, and each is read twice.
MAX_TEXT_BYTES = 64 * 1024 * 1024


class Text(msgspec.Struct, frozen=True):
    """A file, the policy of its bucket, and its text in UTF-8."""

    file: File
    policy: Policy
    body: Body


class ReadText:
    """Decode a file by its byte order mark, else by the charset of its content type, else as UTF-8; give it as UTF-8.

    The file is read twice, since all of it is text only if its last byte is, and memory is bounded.
    """

    errors = (NotTextError, TextTooLargeError, *ReadFile.errors)

    def __init__(self, read_file: ReadFile) -> None:
        self._read_file = read_file

    async def __call__(self, caller: Caller, address: Address) -> Text:
        """Return the file and its text. Opening the text decodes all of it, and raises `NotTextError`.

        Raises `NoSuchFileError`; `TextTooLargeError`; `NotTextError` where the charset is not known.
        """
        content = await self._read_file(caller, address)
        file = content.file
        encoding = encoding_of(file.content_type)
        if encoding is None:
            raise NotTextError("The file's content type names a charset that is not known here.")
        if file.size > MAX_TEXT_BYTES:
            raise TextTooLargeError(
                f"Only files of at most {MAX_TEXT_BYTES} bytes are decoded as text; this one's content can be read."
            )
        return Text(file, content.policy, _decoded(content, encoding))


@asynccontextmanager
async def _decoded(content: FileContent, encoding: str) -> AsyncIterator[AsyncIterator[bytes]]:
    decoder = TextDecoder(encoding)
    try:
        async with content.whole() as chunks:
            async for text in _transcode(chunks, decoder):
                if b"\0" in text:
                    raise NotTextError("The file holds NUL characters, so it is not text.")
    except UnicodeError as error:  # more than UnicodeDecodeError: UTF-32 may lack its byte order mark
        raise NotTextError(f"The file's bytes are not text in {decoder.encoding}.") from error
    async with content.whole() as chunks:
        yield _transcode(chunks, TextDecoder(encoding))


async def _transcode(chunks: AsyncIterator[bytes], decoder: TextDecoder) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if text := decoder.decode(chunk):
            yield text.encode()
    if text := decoder.decode(b"", final=True):
        yield text.encode()
