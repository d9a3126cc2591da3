"""The partitions of the audit. These tests need a catalog whose changes are committed."""

from datetime import UTC, datetime

import pytest

from domain.audit.model import Denial
from tests.contracts.audit.entries import ANN, deny, entries
from tests.contracts.setup import CatalogPorts


def month_of(catalog_time: datetime, months: int = 0) -> datetime:
    """Return a moment in the middle of the month that is so many months later."""
    count = catalog_time.year * 12 + catalog_time.month - 1 + months
    return datetime(count // 12, count % 12 + 1, 15, tzinfo=UTC)


async def now(catalog: CatalogPorts) -> datetime:
    """Return the catalog's time."""
    await deny(catalog, Denial(caller=ANN, action="access.list"))
    [newest] = await entries(catalog, limit=1)
    return newest.at


class TestPartitions:
    async def test_those_to_come_are_made_once(self, catalog: CatalogPorts) -> None:
        assert await catalog.audit.make_partitions(ahead=3) == 0
        assert await catalog.audit.make_partitions(ahead=5) == 2
        assert await catalog.audit.make_partitions(ahead=5) == 0

    @pytest.mark.parametrize("months", [1, 7, 14])
    async def test_each_month_end_is_passed(self, catalog: CatalogPorts, months: int) -> None:
        present = await now(catalog)
        made = [
            await catalog.audit.make_partitions(ahead=3, now=month_of(present, month)) for month in range(months + 1)
        ]
        assert made == [0] + [1] * months

    async def test_only_what_ended_before_the_months_that_are_kept_is_dropped(self, catalog: CatalogPorts) -> None:
        present = await now(catalog)
        for month in range(-6, 0):
            await catalog.audit.make_partitions(ahead=0, now=month_of(present, month))
        for month in range(-6, 0):
            age = (present - month_of(present, month)).total_seconds()
            await deny(catalog, Denial(caller=ANN, action="access.read"), age=age)
        before = await entries(catalog, action="access.read")
        assert len(before) == 6
        # From the month before -6, which `make_partitions` makes as well, to -5.
        assert await catalog.audit.drop_partitions(months=4) == 3
        assert await entries(catalog, action="access.read") == before[:4]
        assert await catalog.audit.drop_partitions(months=4) == 0
        assert await catalog.audit.drop_partitions(months=4, now=month_of(present, 1)) == 1
        assert await entries(catalog, action="access.read") == before[:3]
        assert len(await entries(catalog, action="access.list")) == 1

    async def test_the_present_is_never_dropped(self, catalog: CatalogPorts) -> None:
        await now(catalog)
        assert await catalog.audit.drop_partitions(months=1) == 0
        assert len(await entries(catalog)) == 1
