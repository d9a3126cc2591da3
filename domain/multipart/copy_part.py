"""Store a range of another file as a part of a multipart upload."""

from domain.access.callers import Caller
from domain.files.content.read_file import FileContent
from domain.multipart.model import MultipartAddress, Part
from domain.multipart.upload_part import UploadPart
from domain.values.ranges import ByteRange


class CopyPart:
    """Store one part whose bytes a file has. They are read, for the sums of the part are needed."""

    def __init__(self, upload_part: UploadPart) -> None:
        self._upload_part = upload_part

    async def __call__(
        self, caller: Caller, address: MultipartAddress, number: int, source: FileContent, part: ByteRange | None
    ) -> tuple[Part, str]:
        """Return the part, all of `source`, which the caller may read, or a range in it, as `UploadPart` does.

        Raises as `UploadPart`, and `BlobMissingError`.
        """
        size = source.file.size if part is None else part.length
        async with source.whole() if part is None else source.part(part) as chunks:
            return await self._upload_part(caller, address, number, chunks, size=size)
