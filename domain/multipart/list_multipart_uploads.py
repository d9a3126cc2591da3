"""List the multipart uploads of a bucket that are in progress."""

from uuid import UUID

import msgspec

from domain.access.callers import Caller
from domain.buckets.access import require_sight
from domain.buckets.model import check_bucket_name
from domain.buckets.ports import Buckets
from domain.files.search.by_name import successor
from domain.multipart.model import MultipartUpload, UploadsAfter
from domain.multipart.ports import MultipartUploads

_FIRST_ID = UUID(int=0)


class UploadPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a listing: uploads, and `folders`, the beginnings of names that stand for all uploads to such names.

    `after` is the last of them, where more follow.
    """

    uploads: list[MultipartUpload]
    folders: list[str]
    after: UploadsAfter | None


class ListMultipartUploads:
    """List uploads by name, and those to one name by their age, a page at a time."""

    def __init__(self, multipart_uploads: MultipartUploads, buckets: Buckets) -> None:
        self._multipart_uploads = multipart_uploads
        self._buckets = buckets

    async def __call__(
        self,
        caller: Caller,
        bucket: str,
        *,
        prefix: str = "",
        delimiter: str = "",
        after: UploadsAfter | None = None,
        limit: int,
    ) -> UploadPage:
        """Return up to `limit` uploads and folders behind `after`: of those files that the caller may store.

        With a `delimiter`, names that have it behind the `prefix` are a folder up to there. Raises
        `InvalidBucketError`, `NoSuchBucketError`.
        """
        require_sight(caller, check_bucket_name(bucket))
        await self._buckets.get_policy(bucket)
        areas = caller.permissions.areas_in("write", bucket)
        page = UploadPage(uploads=[], folders=[], after=after)
        position = after
        if after is not None and _folder_of(after.name, prefix, delimiter) == after.name:
            position = _behind(after.name)
        while True:
            missing = limit - len(page.uploads) - len(page.folders)
            # One more than are missing tells whether more follow.
            found = await self._multipart_uploads.list_uploads(
                areas, bucket, prefix=prefix, after=position, limit=missing + 1
            )
            for upload in found:
                folder = _folder_of(upload.file.name, prefix, delimiter)
                if folder is not None and page.folders[-1:] == [folder]:
                    continue
                if len(page.uploads) + len(page.folders) == limit:
                    return page
                if folder is not None:
                    page.folders.append(folder)
                    last, position = UploadsAfter(folder), _behind(folder)
                else:
                    page.uploads.append(upload)
                    last = position = UploadsAfter(upload.file.name, upload.id)
                page = msgspec.structs.replace(page, after=last)
            if len(found) <= missing or position is None:
                return msgspec.structs.replace(page, after=None)


def _folder_of(name: str, prefix: str, delimiter: str) -> str | None:
    """Return the folder that the name is in, None where it is in none."""
    if not delimiter:
        return None
    end = name.find(delimiter, len(prefix))
    return None if end < 0 else name[: end + len(delimiter)]


def _behind(folder: str) -> UploadsAfter | None:
    end = successor(folder)
    return None if end is None else UploadsAfter(end, _FIRST_ID)
