"""The contract of addresses and prefixes: a file of the other normal form is found where the exact one is not there."""

import pytest

from domain.access.callers import ROOT
from domain.batches.model import Change, Copy, Delete
from domain.errors import PreconditionFailedError
from domain.files.errors import NoSuchFileError
from domain.files.model import Destination, File, Location
from domain.files.patches import FilePatch
from domain.files.search.model import FileQuery, parse_sort
from domain.jobs.model import PrefixDestination, Task
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import LEASE, CatalogPorts, exists, expired, stored

NFC, NFD = "Ångström/한글.txt", "A\u030angstro\u0308m/\u1112\u1161\u11ab\u1100\u1173\u11af.txt"
MIXED = "Ångstro\u0308m/한글.txt"
FORMS = [(NFC, NFD), (NFD, NFC), (MIXED, NFD), (MIXED, NFC)]


def at(name: str) -> Location:
    return Location("default", name)


async def names(catalog: CatalogPorts) -> list[str]:
    found = await catalog.search.list_files(FileQuery(sort=parse_sort("name"), limit=1000))
    return [file.name for file in found]


async def work(catalog: CatalogPorts, task: Task) -> int:
    """Do a job in steps of two files, and return the number of files done."""
    await catalog.jobs.create_job("root", task)
    claim = await catalog.jobs.claim_job(lease=LEASE)
    assert claim is not None
    while job := await catalog.jobs.advance_job(claim, lease=LEASE, limit=2):
        if job.finished_at is not None:
            assert (job.state, job.progress.failed) == ("done", 0)
            return job.progress.done
    raise AssertionError("The job was lost.")


class TestEitherForm:
    @pytest.mark.parametrize(("asked", "given"), FORMS)
    async def test_a_file_is_read_and_deleted_by_another_form_of_its_name(
        self, catalog: CatalogPorts, asked: str, given: str
    ) -> None:
        file = await stored(catalog, name=given)
        assert (await catalog.files.get_file_with_policy(at(asked)))[0] == file
        with pytest.raises(PreconditionFailedError):
            await catalog.files.delete_file(ROOT, at(asked), Precondition(if_match=('"x"',)))
        await catalog.files.delete_file(ROOT, at(asked), Precondition(if_match=(file.etag,)))
        assert not await exists(catalog, file)
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_with_policy(at(asked))
        with pytest.raises(NoSuchFileError):
            await catalog.files.delete_file(ROOT, at(asked), NO_PRECONDITION)

    async def test_the_exact_name_comes_first(self, catalog: CatalogPorts) -> None:
        files = {name: await stored(catalog, name=name) for name in (NFC, NFD)}
        for name, file in files.items():
            assert (await catalog.files.get_file_with_policy(at(name)))[0] == file
            assert await catalog.files.get_file_by_name("default", name) == file
        assert (await catalog.files.get_file_with_policy(at(MIXED)))[0] == files[NFC]
        await catalog.files.delete_file(ROOT, at(NFD), NO_PRECONDITION)
        assert await names(catalog) == [NFC]

    async def test_an_exact_address_has_no_other_form(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name=NFC)
        exact, other = Location("default", NFC, is_exact=True), Location("default", NFD, is_exact=True)
        assert (await catalog.files.get_file_with_policy(exact))[0] == file
        for find in (catalog.files.get_file_with_policy, catalog.files.get_file_with_content):
            with pytest.raises(NoSuchFileError):
                await find(other)
        with pytest.raises(NoSuchFileError):
            await catalog.files.delete_file(ROOT, other, NO_PRECONDITION)
        outcomes = await catalog.batches.apply_batch(ROOT, [Delete(address=other), Delete(address=exact)])
        assert isinstance(outcomes[0], NoSuchFileError)
        assert outcomes[1] is None

    async def test_an_expired_file_hides_none_of_the_other_form(self, catalog: CatalogPorts) -> None:
        await expired(catalog, name=NFC)
        file = await stored(catalog, name=NFD)
        assert (await catalog.files.get_file_with_policy(at(NFC)))[0] == file

    async def test_a_name_is_taken_and_replaced_in_its_own_form_alone(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog, name=NFC)
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_by_name("default", NFD)
        second = await stored(catalog, name=NFD)
        assert second.id != first.id
        assert (await stored(catalog, name=NFD)).id == second.id
        third = await catalog.files.copy_file(ROOT, first.id, Destination(name=MIXED), NO_PRECONDITION)
        assert await names(catalog) == sorted([NFC, NFD, MIXED])
        assert third.id not in {first.id, second.id}

    @pytest.mark.parametrize(("asked", "given"), FORMS)
    async def test_a_batch_finds_files_by_another_form(self, catalog: CatalogPorts, asked: str, given: str) -> None:
        file = await stored(catalog, name=given)
        copy, changed, deleted, again = await catalog.batches.apply_batch(
            ROOT,
            [
                Copy(address=at(asked), to=Destination(name="copy")),
                Change(address=at(asked), patch=FilePatch(tags=("t",))),
                Delete(address=at(asked)),
                Delete(address=at(asked)),
            ],
        )
        assert isinstance(copy, File)
        assert isinstance(changed, File)
        assert (copy.name, changed.id, changed.tags, deleted, type(again)) == (
            *("copy", file.id, ("t",), None),
            NoSuchFileError,
        )
        assert await names(catalog) == ["copy"]

    async def test_deletions_of_a_batch_take_the_exact_names_first(self, catalog: CatalogPorts) -> None:
        for name in (NFC, NFD):
            await stored(catalog, name=name)
        outcomes = await catalog.batches.apply_batch(ROOT, [Delete(address=at(name)) for name in (NFD, NFD, NFC)])
        assert [outcome and type(outcome) for outcome in outcomes] == [None, None, NoSuchFileError]

    @pytest.mark.parametrize("prefix", ["Ångström/", "A\u030angstro\u0308m/", "Å"])
    async def test_a_job_covers_both_forms_of_its_prefix(self, catalog: CatalogPorts, prefix: str) -> None:
        kept = ["A.txt", "A\u0308/1", "A\u030a\u0301/1", "Angstrom/1", "Ä/1", "Ǻ/1"]
        for name in [*kept, *(f"{form}{number}" for form in (NFC, NFD) for number in range(3))]:
            await stored(catalog, name=name)
        to = PrefixDestination(prefix="moved/")
        assert await work(catalog, Task(kind="move", bucket="default", prefix=prefix, to=to)) == 6
        assert [name for name in await names(catalog) if not name.startswith("moved/")] == sorted(kept)

    async def test_a_job_deletes_both_forms(self, catalog: CatalogPorts) -> None:
        for name in (NFC, NFD, "cafe/1", "café/1", "cafe\u0301/1"):
            await stored(catalog, name=name)
        assert await work(catalog, Task(kind="delete", bucket="default", prefix=NFD.partition("/")[0])) == 2
        assert await work(catalog, Task(kind="delete", bucket="default", prefix="cafe")) == 1
        assert await names(catalog) == ["cafe\u0301/1", "café/1"]

    async def test_an_archive_has_both_forms(self, catalog: CatalogPorts) -> None:
        for name in (NFC, NFD, "other"):
            await stored(catalog, name=name)
        for prefix in ("Ångström/", "A\u030angstro\u0308m/"):
            query = FileQuery(bucket="default", prefix=prefix, sort=parse_sort("name"))
            assert [member.name for member in await catalog.archives.list_members(query)] == [NFD, NFC]

    async def test_names_of_this_release_are_folded_already(self, catalog: CatalogPorts) -> None:
        for name in (NFC, NFD, "a"):
            await stored(catalog, name=name)
        assert await catalog.files.fold_names(limit=10) == 0
