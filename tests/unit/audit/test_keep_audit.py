"""The audit's partitions are made ahead, and dropped after the months that settings name."""

import pytest

from domain.audit.keep_audit import MONTHS_AHEAD, KeepAudit, PartitionCounts
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock

MONTH = 31 * 86_400.0


@pytest.mark.parametrize("months", [1, 12])
async def test_a_service_that_runs_for_years_keeps_as_many_months_as_it_is_told(
    catalog: FakeCatalog, clock: FakeClock, months: int
) -> None:
    keep = KeepAudit(catalog.audit, months=months)
    for _ in range(40):
        await keep()
        clock.advance(MONTH)
    await keep()
    assert len(catalog.database.audit_partitions) == months + 1 + MONTHS_AHEAD
    assert await keep() == PartitionCounts()


async def test_nothing_is_dropped_where_entries_stay_for_ever(catalog: FakeCatalog, clock: FakeClock) -> None:
    keep = KeepAudit(catalog.audit, months=0)
    for _ in range(40):
        assert (await keep()).dropped == 0
        clock.advance(MONTH)


async def test_no_month_is_without_a_partition(catalog: FakeCatalog, clock: FakeClock) -> None:
    keep = KeepAudit(catalog.audit, months=12)
    for _ in range(40):
        clock.advance(MONTH)
        await keep()
    partitions = catalog.database.audit_partitions
    assert sorted(partitions) == list(range(min(partitions), max(partitions) + 1))
