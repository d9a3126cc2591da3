"""The entries of the audit in its contracts."""

from typing import Any

from domain.access.callers import Caller
from domain.audit.model import AuditEntry, AuditQuery, Denial, DenialCount
from tests.contracts.setup import CatalogPorts

ANN = Caller(kind="key", id="ann", address="203.0.113.7", request_id="r-1")
BEN = Caller(kind="token", id="https://id.example/ ben", address="2001:db8::1")


async def entries(catalog: CatalogPorts, **filters: Any) -> list[AuditEntry]:
    """Return the entries, the newest first."""
    return await catalog.audit.list_entries(AuditQuery(**{"limit": 1000, **filters}))


async def actions(catalog: CatalogPorts, **filters: Any) -> list[str]:
    """Return the actions of the entries, the oldest first; those of one time are sorted."""
    found = await entries(catalog, **filters)
    return [entry.action for entry in sorted(found, key=lambda entry: (entry.at, entry.action))]


async def deny(catalog: CatalogPorts, *denials: Denial, age: float = 0, count: int = 1) -> None:
    """Add denials, `age` seconds old."""
    await catalog.audit.add_denials([DenialCount(denial=each, count=count, age=age) for each in denials], lost=0)
