"""Listings of the audit."""

from datetime import timedelta

import pytest

from domain.access.acting import acting_as
from domain.access.scopes import Scope
from domain.audit.model import AuditEntry, AuditPosition, Denial
from domain.buckets.model import Policy
from tests.contracts.audit.entries import ANN, BEN, actions, deny, entries
from tests.contracts.setup import CatalogPorts, stored

PLACES = [
    ("default", "team/a"),
    ("default", "team/a/1"),
    ("default", "team/ab"),
    ("default", "team/b"),
    ("songs", "team/a/1"),
    ("songs-2", "é"),
]


def admin(bucket: str, prefix: str | None = None) -> Scope:
    return Scope(actions=("admin",), bucket=bucket, prefix=prefix)


async def fill(catalog: CatalogPorts) -> None:
    for bucket in ("songs", "songs-2"):
        await catalog.buckets.put_bucket(bucket, Policy())
    for bucket, name in PLACES:
        await stored(catalog, bucket=bucket, name=name)
    await deny(catalog, Denial(caller=ANN, action="access.authenticate"))


class TestListingTheAudit:
    async def test_entries_come_the_newest_first(self, catalog: CatalogPorts) -> None:
        for age, action in ((3, "access.read"), (1, "access.list"), (2, "access.write")):
            await deny(catalog, Denial(caller=ANN, action=action), age=age)  # type: ignore[arg-type] # they are such
        assert [entry.action for entry in await entries(catalog)] == ["access.list", "access.write", "access.read"]

    async def test_entries_are_filtered_by_each_field(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        with acting_as(ANN):
            one = await stored(catalog, name="a")
        with acting_as(BEN):
            two = await stored(catalog, bucket="songs", name="a")
        assert [entry.file_id for entry in await entries(catalog, caller="key:ann")] == [one.id]
        assert [entry.file_id for entry in await entries(catalog, caller=BEN.owner)] == [two.id]
        assert await entries(catalog, caller="key:an") == []
        assert await actions(catalog, bucket="songs") == ["bucket.create", "file.create"]
        assert [entry.file_id for entry in await entries(catalog, file_id=one.id)] == [one.id]
        assert len(await entries(catalog, action="file.create")) == 2
        assert len(await entries(catalog, action="file.create", bucket="songs", caller=BEN.owner)) == 1

    async def test_times_are_from_since_to_before_until(self, catalog: CatalogPorts) -> None:
        for age in (30, 20, 10):
            await deny(catalog, Denial(caller=ANN, action="access.read"), age=age)
        newest, middle, oldest = await entries(catalog)
        assert await entries(catalog, since=middle.at) == [newest, middle]
        assert await entries(catalog, until=middle.at) == [oldest]
        assert await entries(catalog, since=middle.at, until=newest.at) == [middle]
        assert await entries(catalog, since=newest.at + timedelta(days=400)) == []

    @pytest.mark.parametrize("areas", [None, (admin("*"),), (admin("default"), admin("songs*", "é"))])
    async def test_pages_hold_every_entry_once(self, catalog: CatalogPorts, areas: tuple[Scope, ...] | None) -> None:
        await fill(catalog)
        # Of one time: the order of their ids decides.
        await deny(catalog, *[Denial(caller=ANN, action="access.read", bucket="default", name="x")] * 5)
        all_entries = await entries(catalog, areas=areas)
        assert len(all_entries) >= 9
        read: list[AuditEntry] = []
        while page := await entries(catalog, areas=areas, limit=2, after=_end(read)):
            read += page
        assert read == all_entries

    @pytest.mark.parametrize(
        ("areas", "places"),
        [
            ((admin("*"),), PLACES),
            ((admin("default"),), PLACES[:4]),
            ((admin("default", "team/a"),), PLACES[:2]),
            ((admin("default", "team/a/"),), PLACES[1:2]),
            ((admin("*", "team/a/"),), [PLACES[1], PLACES[4]]),
            ((admin("songs*"),), PLACES[4:]),
            ((admin("songs"),), PLACES[4:5]),
            ((admin("song"),), []),
            ((admin("songs", "é"), admin("songs-2")), PLACES[5:]),
            ((admin("songs*", "team/a/"), admin("songs")), PLACES[4:5]),
            ((admin("default", "TEAM/a"),), []),
            ((), []),
        ],
    )
    async def test_areas_show_the_files_in_them(
        self, catalog: CatalogPorts, areas: tuple[Scope, ...], places: list[tuple[str, str]]
    ) -> None:
        await fill(catalog)
        found = await entries(catalog, areas=areas, action="file.create")
        assert sorted((entry.bucket or "", entry.name or "") for entry in found) == sorted(places)
        for bucket in ("default", "songs"):
            found = await entries(catalog, areas=areas, action="file.create", bucket=bucket)
            assert sorted(entry.name or "" for entry in found) == sorted(
                name for each, name in places if each == bucket
            )

    async def test_a_bucket_is_shown_to_the_admin_of_all_of_it(self, catalog: CatalogPorts) -> None:
        await fill(catalog)
        assert len(await entries(catalog, areas=(admin("songs"),), action="bucket.create")) == 1
        assert await entries(catalog, areas=(admin("songs", "team/a/"),), action="bucket.create") == []

    async def test_what_is_in_no_bucket_is_in_no_area(self, catalog: CatalogPorts) -> None:
        await fill(catalog)
        assert len(await entries(catalog, action="access.authenticate")) == 1
        assert await entries(catalog, areas=(admin("*"),), action="access.authenticate") == []


def _end(entries: list[AuditEntry]) -> AuditPosition | None:
    return AuditPosition(at=entries[-1].at, id=entries[-1].id) if entries else None
