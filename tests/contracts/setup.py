"""Files, blobs and times that the contracts of the catalog set up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.blobs.model import Blob, BlobClaim
from domain.buckets.model import Usage
from domain.catalog import Catalog
from domain.files.errors import NoSuchFileError
from domain.files.model import File
from tests.support.factories import BlobFactory, NewFileFactory

LEASE = 60.0
GRACE = 3600.0
PAST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


class CatalogContract:
    """Derive a test class for each part's contract, and give it the fixtures."""

    @pytest.fixture
    def catalog(self) -> Catalog:
        """A catalog with the bucket `default` and nothing else, and no grace."""
        raise NotImplementedError

    @pytest.fixture
    def patient_catalog(self) -> Catalog:
        """Likewise, with a grace of `GRACE` seconds."""
        raise NotImplementedError


async def reserve(catalog: Catalog, blob: Blob) -> Blob:
    """Reserve the blob's key, as an upload does before it stores the bytes."""
    await catalog.reserve_blobs([blob.key], lease=LEASE)
    return blob


async def reserved(catalog: Catalog, **fields: Any) -> Blob:
    """Return a blob whose key is reserved."""
    return await reserve(catalog, BlobFactory.build(**fields))


async def stored(catalog: Catalog, *, blob: Blob | None = None, **fields: Any) -> File:
    """Store a file; the fields are those of `NewFile`, but `size` is the blob's."""
    size = {"size": fields.pop("size")} if "size" in fields else {}
    blob = blob or await reserved(catalog, **size)
    return (await catalog.commit_file(NewFileFactory.build(**fields), blob)).file


@asynccontextmanager
async def expiring(catalog: Catalog, bucket: str = "default") -> AsyncIterator[None]:
    """What is stored in the bucket or copied into it meanwhile has expired at once, and no reaper has seen it."""
    policy = (await catalog.get_bucket(bucket)).policy
    await catalog.put_bucket(bucket, replace(policy, default_ttl=0))
    yield
    await catalog.put_bucket(bucket, policy)


async def expired(catalog: Catalog, **fields: Any) -> File:
    """Store a file that has expired since, and that no reaper has seen."""
    async with expiring(catalog, fields.get("bucket", "default")):
        return await stored(catalog, **fields)


async def changed(catalog: Catalog, file: File, **changes: Any) -> File:
    """Change a file that nobody else changes."""
    result = await catalog.change_file(replace(file, **changes))
    assert result is not None
    return result


async def exists(catalog: Catalog, file: File) -> bool:
    """Tell whether the file is found by its id."""
    try:
        await catalog.get_file(file.id)
    except NoSuchFileError:
        return False
    return True


async def usage(catalog: Catalog, bucket: str = "default") -> Usage:
    """Return what the bucket uses."""
    return (await catalog.get_bucket(bucket)).usage


async def claims(catalog: Catalog) -> dict[str, BlobClaim]:
    """BlobClaim every condemned blob whose grace is over, by key. They can be claimed again at once."""
    return {claim.key: claim for claim in await catalog.claim_condemned(limit=1000, lease=0)}
