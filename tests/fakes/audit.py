"""The audit in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from domain.access.callers import SYSTEM
from domain.access.scopes import Scope
from domain.audit.model import AuditEntry, AuditQuery, DenialCount
from tests.fakes.database import FakeDatabase, month_of


class FakeAudit:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def list_entries(self, query: AuditQuery) -> list[AuditEntry]:
        self._database.reach()
        found = [entry for entry in self._database.audit if _passes(entry, query)]
        return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)[: query.limit]

    async def add_denials(self, denials: Sequence[DenialCount], *, lost: int) -> None:
        self._database.reach()
        for each in denials:
            denial = each.denial
            self._add(
                AuditEntry(
                    id=uuid4(),
                    at=self._database.clock.in_(-each.age),
                    action=denial.action,
                    outcome="denied",
                    caller=denial.caller.owner,
                    address=denial.caller.address,
                    request_id=denial.caller.request_id,
                    bucket=denial.bucket,
                    file_id=denial.file_id,
                    name=denial.name,
                    count=each.count,
                )
            )
        if lost:
            now = self._database.clock.now()
            self._add(
                AuditEntry(id=uuid4(), at=now, action="audit.lost", outcome="denied", caller=SYSTEM.owner, count=lost)
            )

    async def make_partitions(self, *, ahead: int, now: datetime | None = None) -> int:
        self._database.reach()
        month = month_of(now or self._database.clock.now())
        missing = set(range(month - 1, month + ahead + 1)) - self._database.audit_partitions
        self._database.audit_partitions |= missing
        return len(missing)

    async def drop_partitions(self, *, months: int, now: datetime | None = None) -> int:
        self._database.reach()
        oldest = month_of(now or self._database.clock.now()) - months
        old = {month for month in self._database.audit_partitions if month < oldest}
        self._database.audit_partitions -= old
        self._database.audit = [entry for entry in self._database.audit if month_of(entry.at) not in old]
        return len(old)

    def _add(self, entry: AuditEntry) -> None:
        self._database.audit.append(entry)


def _passes(entry: AuditEntry, query: AuditQuery) -> bool:
    return (
        (query.areas is None or any(_is_in(entry, area) for area in query.areas))
        and query.caller in {None, entry.caller}
        and query.action in {None, entry.action}
        and query.bucket in {None, entry.bucket}
        and query.file_id in {None, entry.file_id}
        and (query.since is None or entry.at >= query.since)
        and (query.until is None or entry.at < query.until)
        and (query.after is None or (entry.at, entry.id) < (query.after.at, query.after.id))
    )


def _is_in(entry: AuditEntry, area: Scope) -> bool:
    if entry.bucket is None or not area.has_bucket(entry.bucket):
        return False
    return area.prefix is None or (entry.name is not None and area.has_name(entry.name))
