"""The contract of `domain.files.ports.Files.copy_over`."""

import pytest
from msgspec.structs import replace

from domain.access.callers import NOBODY, ROOT
from domain.access.errors import AccessDeniedError
from domain.access.scopes import Permissions, Scope
from domain.buckets.errors import NoSuchBucketError, QuotaExceededError
from domain.buckets.model import Policy, Usage
from domain.errors import FileportError, NothingToMatchError, PreconditionFailedError
from domain.files.attributes import Attributes, ContentHeaders, Sums
from domain.files.errors import NoSuchFileError
from domain.files.model import Location
from domain.files.new_copy import NewCopy
from domain.values.preconditions import Precondition
from tests.contracts.setup import CatalogPorts, claims, exists, inlined, stored, usage

HAS = Attributes(headers=ContentHeaders(cache_control="no-cache"), labels={"a": "b"}, sums=Sums(md5="0" * 32))


def copy(source: str, to: str, *, bucket: str = "default", **fields: object) -> NewCopy:
    at = Location("default", source, is_exact=True)
    return NewCopy(source=at, to=Location(bucket, to), **fields)  # type: ignore[arg-type] # test data


class TestCopyingOver:
    async def test_a_copy_has_all_of_its_original_but_what_is_given(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog, name="a", size=7, metadata={"k": [1]}, tags=("t",), attributes=HAS)
        same = await catalog.files.copy_over(ROOT, copy("a", "b"))
        assert same.created
        assert same.file == replace(
            original,
            id=same.file.id,
            name="b",
            created_at=same.file.created_at,
            updated_at=same.file.created_at,
        )
        headers, labels = ContentHeaders(expires="0"), {"new": "label"}
        asked = copy("a", "c", content_type="image/png", metadata={"x": "y"}, headers=headers, labels=labels)
        other = (await catalog.files.copy_over(ROOT, asked)).file
        assert (other.content_type, other.metadata, other.tags) == ("image/png", {"x": "y"}, ("t",))
        assert other.attributes == replace(HAS, headers=headers, labels=labels)
        assert await catalog.files.get_file(other.id) == other
        assert await usage(catalog) == Usage(bytes=21, files=3)

    async def test_it_takes_the_place_of_the_file_that_has_the_name(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog, name="a", size=7)
        replaced = await stored(catalog, name="b", size=5, attributes=HAS, metadata={"old": 1})
        result = await catalog.files.copy_over(ROOT, copy("a", "b"))
        assert not result.created
        assert (result.file.id, result.file.revision, result.file.blob_key) == (replaced.id, 2, original.blob_key)
        assert (result.file.metadata, result.file.attributes) == ({}, Attributes())
        assert list(await claims(catalog)) == [replaced.blob_key]
        assert await usage(catalog) == Usage(bytes=14, files=2)
        await catalog.files.delete_file(ROOT, original.id, Precondition())
        assert await catalog.files.get_file(replaced.id) == result.file
        assert list(await claims(catalog)) == [replaced.blob_key]

    @pytest.mark.parametrize("is_inline", [False, True])
    async def test_a_file_is_copied_over_itself(self, catalog: CatalogPorts, is_inline: bool) -> None:
        blob = inlined(b"text", size=4) if is_inline else None
        file = await stored(catalog, name="a", blob=blob)
        result = await catalog.files.copy_over(ROOT, copy("a", "a", metadata={"new": "1"}))
        assert (result.created, result.file.id, result.file.revision) == (False, file.id, 2)
        assert (result.file.blob_key, result.file.metadata) == (file.blob_key, {"new": "1"})
        assert await claims(catalog) == {}
        assert await usage(catalog) == Usage(bytes=file.size, files=1)
        await catalog.files.delete_file(ROOT, file.id, Precondition())
        assert not await exists(catalog, file)

    async def test_conditions_are_those_of_the_source_and_of_the_file_that_is_replaced(
        self, catalog: CatalogPorts
    ) -> None:
        source, target = await stored(catalog, name="a"), await stored(catalog, name="b")
        right, wrong = ('"0"', source.content_etag, target.content_etag), ('"0"',)

        def matching(tags: tuple[str, ...] | None) -> Precondition:
            return Precondition(if_match=tags, of_content=True)

        refused: list[tuple[NewCopy, type[FileportError]]] = [
            (copy("a", "b", source_precondition=matching(wrong)), PreconditionFailedError),
            (copy("a", "b", source_precondition=Precondition(if_none_match=())), PreconditionFailedError),
            (
                copy("a", "b", source_precondition=Precondition(if_modified_since=source.updated_at)),
                PreconditionFailedError,
            ),
            (copy("a", "b", precondition=matching(wrong)), PreconditionFailedError),
            (copy("a", "b", precondition=Precondition(if_none_match=())), PreconditionFailedError),
            (copy("a", "c", precondition=matching(())), NothingToMatchError),
        ]
        for asked, error in refused:
            with pytest.raises(error):
                await catalog.files.copy_over(ROOT, asked)
        assert await catalog.files.get_file(target.id) == target
        await catalog.files.copy_over(
            ROOT, copy("a", "b", source_precondition=matching(right), precondition=matching(right))
        )

    async def test_source_bucket_quota_and_rights_are_looked_at(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("small", Policy(quota_bytes=3))
        await stored(catalog, name="a", size=4)
        reader = replace(NOBODY, kind="key", permissions=Permissions((Scope(actions=("read",), bucket="default"),)))
        writer = replace(NOBODY, kind="key", permissions=Permissions((Scope(actions=("write",), bucket="default"),)))
        for caller, asked, error in (
            (ROOT, copy("nothing", "b"), NoSuchFileError),
            (ROOT, copy("a", "b", bucket="nowhere"), NoSuchBucketError),
            (ROOT, copy("a", "b", bucket="small"), QuotaExceededError),
            (reader, copy("a", "b"), AccessDeniedError),
            (writer, copy("a", "b"), NoSuchFileError),
        ):
            with pytest.raises(error):
                await catalog.files.copy_over(caller, asked)
        assert await usage(catalog) == Usage(bytes=4, files=1)
