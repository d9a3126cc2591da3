"""Denials in the audit."""

from uuid import uuid4

from domain.access.callers import NOBODY, SYSTEM
from domain.audit.model import Denial
from tests.contracts.audit.entries import ANN, deny, entries
from tests.contracts.setup import CatalogPorts


class TestDenials:
    async def test_a_denial_says_who_was_denied_what(self, catalog: CatalogPorts) -> None:
        file_id = uuid4()
        denial = Denial(caller=ANN, action="access.write", bucket="songs", file_id=file_id, name="é/x")
        await deny(catalog, denial, count=3)
        [entry] = await entries(catalog)
        assert (entry.action, entry.outcome, entry.count) == ("access.write", "denied", 3)
        assert (entry.caller, entry.address, entry.request_id) == ("key:ann", "203.0.113.7", "r-1")
        assert (entry.bucket, entry.file_id, entry.name) == ("songs", file_id, "é/x")

    async def test_a_denial_is_as_old_as_it_is(self, catalog: CatalogPorts) -> None:
        await deny(catalog, Denial(caller=NOBODY, action="access.authenticate"), age=30)
        await deny(catalog, Denial(caller=NOBODY, action="access.read"), age=10)
        late, early = await entries(catalog)
        assert (late.action, early.action) == ("access.read", "access.authenticate")
        assert 19 <= (late.at - early.at).total_seconds() <= 21

    async def test_the_lost_ones_are_counted_in_an_entry(self, catalog: CatalogPorts) -> None:
        await catalog.audit.add_denials([], lost=2**40)
        [entry] = await entries(catalog)
        assert (entry.action, entry.outcome, entry.caller) == ("audit.lost", "denied", SYSTEM.owner)
        assert entry.count >= 2**31 - 1

    async def test_nothing_adds_nothing(self, catalog: CatalogPorts) -> None:
        await catalog.audit.add_denials([], lost=0)
        assert await entries(catalog) == []
