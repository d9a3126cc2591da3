"""The files and bodies that tests store."""

from collections.abc import AsyncIterator

from domain.files.model import NewFile

LEASE = 100.0


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def new_file(name: str = "a.txt", **given: object) -> NewFile:
    return NewFile(bucket="default", name=name, content_type="text/plain", **given)  # type: ignore[arg-type] # test data
