"""What the ports of the catalog show, and let be done, to callers of some scopes alone."""

from uuid import UUID

import pytest

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.access.visibility import Visibility, visibility_of
from domain.batches.model import Change, Copy, Delete
from domain.blobs.model import new_blob_key
from domain.buckets.errors import NoSuchBucketError
from domain.buckets.model import Policy
from domain.direct_uploads.model import NewDirectUpload
from domain.errors import FileportError, PreconditionFailedError
from domain.files.errors import NoSuchFileError
from domain.files.model import Destination, Location
from domain.files.patches import FilePatch
from domain.files.search.model import FileQuery, parse_sort
from domain.jobs.model import Task
from domain.jobs.visible import visible_jobs
from domain.uploads.errors import NoSuchUploadError
from domain.uploads.model import NewUpload
from domain.values.ids import new_id
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import LEASE, CatalogPorts, exists, stored
from tests.support.access import ALL_SHOWN, caller, scope
from tests.support.factories import NewFileFactory

# Names that a prefix must tell apart, among them those that LIKE and a collation would not.
NAMES = ("a", "a/x", "a/y/z", "ab", "A/x", "a_/x", "ab/x", "a%/x", "\u00e9/x", "e\u0301/x")
WRONG = Precondition(if_match=('"other"',))


async def fill(catalog: CatalogPorts) -> None:
    await catalog.buckets.put_bucket("songs", Policy())
    await catalog.buckets.put_bucket("so-so", Policy())
    for name in NAMES:
        await stored(catalog, name=name)
    for bucket in ("songs", "so-so"):
        await stored(catalog, bucket=bucket, name="a/x")


async def listed(catalog: CatalogPorts, reader: Caller, bucket: str | None = None) -> set[tuple[str, str]]:
    areas = reader.permissions.areas("list") if bucket is None else reader.permissions.areas_in("list", bucket)
    query = FileQuery(bucket=bucket, areas=areas, sort=parse_sort("name"), limit=100)
    files = await catalog.search.list_files(query)
    assert await catalog.search.count_files(query) == len(files)
    return {(file.bucket, file.name) for file in files}


def in_default(*names: str) -> set[tuple[str, str]]:
    return {("default", name) for name in names}


class TestAccess:
    @pytest.mark.parametrize(
        ("prefix", "names"),
        [
            ("a/", ("a/x", "a/y/z")),
            ("a", ("a", "a/x", "a/y/z")),
            ("a_/", ("a_/x",)),
            ("a%", ("a%/x",)),
            ("A", ("A/x",)),
            ("\u00e9/", ("\u00e9/x",)),
            ("e\u0301/", ("e\u0301/x",)),
            ("none/", ()),
            (None, NAMES),
        ],
    )
    async def test_a_listing_shows_and_counts_the_files_in_a_scope_alone(
        self, catalog: CatalogPorts, prefix: str | None, names: tuple[str, ...]
    ) -> None:
        await fill(catalog)
        reader = caller(scope("default", prefix, "list"))
        assert await listed(catalog, reader) == in_default(*names)
        assert await listed(catalog, reader, "default") == in_default(*names)

    async def test_a_listing_over_all_buckets_shows_the_files_of_every_scope_once(self, catalog: CatalogPorts) -> None:
        await fill(catalog)
        reader = caller(scope("so*", "a", "list"), scope("songs", None, "list"), scope("default", "ab", "list"))
        expected = {("songs", "a/x"), ("so-so", "a/x"), *in_default("ab", "ab/x")}
        assert await listed(catalog, reader) == expected
        assert await listed(catalog, caller(scope("default", None, "write"))) == set()
        filtered = FileQuery(areas=(), bucket="default", tags=("a",), sort=parse_sort("-metadata.x"), limit=10)
        assert await catalog.search.list_files(filtered) == []
        assert await catalog.search.count_files(filtered) == 0

    async def test_pages_in_a_scope_follow_one_another(self, catalog: CatalogPorts) -> None:
        await fill(catalog)
        areas = caller(scope("so*", None, "list"), scope("default", "a", "list")).permissions.areas("list")
        query = FileQuery(areas=areas, sort=parse_sort("-name,bucket"), limit=100)
        whole = await catalog.search.list_files(query)
        parts = [
            await catalog.search.list_files(FileQuery(areas=areas, sort=query.sort, limit=2, offset=offset))
            for offset in range(0, 6, 2)
        ]
        assert len(whole) == 5
        assert [file for part in parts for file in part] == whole

    async def test_buckets_are_listed_that_a_pattern_takes_in(self, catalog: CatalogPorts) -> None:
        await fill(catalog)
        found = {
            pattern: [each.name for each in await catalog.buckets.list_buckets([pattern], after=None, limit=10)]
            for pattern in ("so*", "songs", "s_*", "*", "so")
        }
        assert found == {
            "so*": ["so-so", "songs"],
            "songs": ["songs"],
            "s_*": [],
            "*": ["default", "so-so", "songs"],
            "so": [],
        }

    async def test_a_file_out_of_scope_is_missing_and_stays_whatever_the_condition(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="b/x")
        stranger = caller(scope("default", "a/", "read", "write", "delete"))
        for address in (file.id, Location("default", "b/x")):
            for condition in (NO_PRECONDITION, WRONG):
                with pytest.raises(NoSuchFileError) as unseen:
                    await catalog.files.delete_file(stranger, address, condition)
                with pytest.raises(NoSuchFileError) as missing:
                    await catalog.files.delete_file(stranger, UUID(int=1), condition)
                assert unseen.value.detail == missing.value.detail
        with pytest.raises(NoSuchFileError):
            await catalog.files.copy_file(stranger, file.id, Destination(name="a/x"), WRONG)
        assert await exists(catalog, file)

    async def test_a_file_that_may_be_seen_is_denied_before_its_condition_is_looked_at(
        self, catalog: CatalogPorts
    ) -> None:
        file = await stored(catalog, name="a/x")
        reader = caller(scope("default", "a/", "read"))
        for condition in (NO_PRECONDITION, WRONG):
            with pytest.raises(AccessDeniedError):
                await catalog.files.delete_file(reader, file.id, condition)
            with pytest.raises(AccessDeniedError):
                await catalog.files.copy_file(reader, file.id, Destination(name="a/y"), condition)
        deleter = caller(scope("default", "a/", "delete"))
        with pytest.raises(PreconditionFailedError):
            await catalog.files.delete_file(deleter, file.id, WRONG)
        await catalog.files.delete_file(deleter, file.id, NO_PRECONDITION)
        assert not await exists(catalog, file)

    async def test_a_copy_needs_to_read_its_source_and_to_write_its_target(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, name="a/x")
        copier = caller(scope("default", "a/", "read"), scope("songs", "b", "write"))
        copy = await catalog.files.copy_file(copier, file.id, Destination(bucket="songs", name="b"), NO_PRECONDITION)
        assert (copy.bucket, copy.name) == ("songs", "b")
        for to, error in (
            (Destination(bucket="songs", name="c"), AccessDeniedError),
            (Destination(name="a/y"), AccessDeniedError),
            (Destination(bucket="so-so"), NoSuchBucketError),
        ):
            with pytest.raises(error):
                await catalog.files.copy_file(copier, file.id, to, NO_PRECONDITION)
        writer = caller(scope("default", None, "write"))
        with pytest.raises(NoSuchFileError):
            await catalog.files.copy_file(writer, file.id, Destination(name="c"), NO_PRECONDITION)

    async def test_each_operation_of_a_batch_is_judged_by_itself(self, catalog: CatalogPorts) -> None:
        seen, unseen = await stored(catalog, name="a/x"), await stored(catalog, name="b/x")
        worker = caller(scope("default", "a/", "read", "write"))
        outcomes = await catalog.batches.apply_batch(
            worker,
            [
                Change(address=seen.id, patch=FilePatch(tags=("t",))),
                Change(address=unseen.id, patch=FilePatch(tags=("t",)), precondition=WRONG),
                Change(address=seen.id, patch=FilePatch(name="a/y")),
                Copy(address=seen.id, to=Destination(name="b/y")),
                Delete(address=Location("default", "b/x")),
                Delete(address=seen.id),
                Copy(address=seen.id, to=Destination(name="a/y")),
            ],
        )
        kinds = [type(each) if isinstance(each, FileportError) else None for each in outcomes]
        denied, missing = AccessDeniedError, NoSuchFileError
        assert kinds == [None, missing, denied, denied, missing, denied, None]

    async def test_jobs_are_listed_for_their_makers_and_for_admins_of_all_below(self, catalog: CatalogPorts) -> None:
        maker, other = caller(id="maker"), caller(id="other")
        job = await catalog.jobs.create_job(maker.owner, Task(kind="delete", bucket="default", prefix="a/b"))
        assert job.owner == "key:maker"
        below, beside = caller(scope("default", "a/", "admin")), caller(scope("default", "a/b", "admin"))

        async def jobs(of: Caller) -> list[UUID]:
            return [each.id for each in await catalog.jobs.list_jobs(visible_jobs(of), after=None, limit=10)]

        shown = [await jobs(each) for each in (maker, below, other, beside)]
        assert shown == [[job.id], [job.id], [], []]
        assert (await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=10))[0] == job

    async def test_an_upload_is_shown_to_its_owner_while_it_may_write_and_to_admins(
        self, catalog: CatalogPorts
    ) -> None:
        owner = caller(scope("default", "a/", "write"), id="owner")
        whole, partial = new_id(), new_id()
        target = NewFileFactory.build(name="a/x")
        for id_, new in (
            (whole, NewUpload(target=target, owner=owner.owner)),
            (partial, NewUpload(kind="partial", owner=owner.owner)),
        ):
            await catalog.uploads.create_upload(new, id=id_, blob_key=new_blob_key(), ttl=3600)

        narrowed = caller(scope("default", "b/", "write"), id="owner")
        admin = caller(scope("default", "a/", "admin"), id="admin")
        other = caller(scope("default", None, "read", "list", "write", "delete"), id="other")
        revoked = caller(id="owner")
        shown = {"owner": {whole, partial}, "narrowed": {partial}, "admin": {whole}, "other": set(), "revoked": set()}
        callers = {"owner": owner, "narrowed": narrowed, "admin": admin, "other": other, "revoked": revoked}
        for name, each in callers.items():
            uploads = await catalog.uploads.list_uploads(
                visibility_of(each, "write"), bucket=None, after=None, limit=10
            )
            assert {upload.id for upload in uploads} == shown[name], name
            for id_ in (whole, partial):
                if id_ in shown[name]:
                    assert (await catalog.uploads.get_upload(each, id_)).owner == "key:owner"
                else:
                    with pytest.raises(NoSuchUploadError):
                        await catalog.uploads.get_upload(each, id_)

    async def test_an_expired_upload_of_another_is_missing(self, catalog: CatalogPorts) -> None:
        id_ = new_id()
        new = NewUpload(target=NewFileFactory.build(), owner="key:owner")
        await catalog.uploads.create_upload(new, id=id_, blob_key=new_blob_key(), ttl=-1)
        with pytest.raises(NoSuchUploadError):
            await catalog.uploads.get_upload(caller(scope("default", None, "write")), id_)

    async def test_direct_uploads_are_listed_for_their_owners(self, catalog: CatalogPorts) -> None:
        key = new_blob_key()
        await catalog.blob_records.reserve_blobs([key], lease=LEASE)
        new = NewDirectUpload(
            file=NewFileFactory.build(name="a/x", size=1), part_size=1, key=key, multipart_id=None, owner="key:owner"
        )
        upload = await catalog.direct_uploads.open_direct_upload(new, life=LEASE, lease=LEASE)
        assert (await catalog.direct_uploads.get_direct_upload(upload.id)).owner == "key:owner"

        async def count(visibility: Visibility) -> int:
            return len(await catalog.direct_uploads.list_direct_uploads(visibility, after=None, limit=10))

        owner = caller(scope("default", "a/", "write"), id="owner")
        other = caller(scope("default", "a/", "write"), id="other")
        assert await count(visibility_of(owner, "write")) == 1
        assert await count(visibility_of(other, "write")) == 0
        assert await count(ALL_SHOWN) == 1
