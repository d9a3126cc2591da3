"""Members of archives as the fake catalog finds them."""

from collections.abc import Collection, Iterable
from uuid import UUID

from domain.archives.model import Member
from domain.files.model import File
from domain.files.search.model import FileQuery
from tests.fakes import search as fake_listing


def listed(files: Iterable[File], query: FileQuery) -> list[Member]:
    """Return the page of `files` that `query` describes."""
    return [_member(file) for file in fake_listing.page(files, query)]


def found(files: Iterable[File], ids: Collection[UUID]) -> list[Member]:
    """Return those of `files` that have one of these ids."""
    return [_member(file) for file in files if file.id in ids]


def _member(file: File) -> Member:
    return Member(
        id=file.id,
        bucket=file.bucket,
        name=file.name,
        size=file.size,
        blob_key=file.blob_key,
        revision=file.revision,
        updated_at=file.updated_at,
    )
