"""List the audit, for admins."""

from msgspec.structs import replace

from domain.access.callers import NOBODY, Caller, denied
from domain.access.errors import AccessDeniedError, UnauthenticatedError
from domain.audit.model import AuditPage, AuditPosition, AuditQuery
from domain.audit.ports import Audit
from domain.buckets.errors import InvalidBucketError
from domain.buckets.model import check_bucket_name


class ListAudit:
    """List a page of the audit."""

    errors = (AccessDeniedError, InvalidBucketError)

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def __call__(self, caller: Caller, query: AuditQuery) -> AuditPage:
        """Return the page that `query` describes, of the buckets and files that the caller administers.

        Whoever administers everything sees all entries; any other admin those on its buckets and names, and on the
        bucket itself where it is the admin of all of it. Raises `AccessDeniedError` where the caller is not an admin,
        `InvalidBucketError`.
        """
        if not caller.permissions.administer_any:
            raise UnauthenticatedError(UnauthenticatedError.example) if caller.kind == NOBODY.kind else denied("admin")
        if query.bucket is not None:
            check_bucket_name(query.bucket)
        areas = None if caller.permissions.administer_all else caller.permissions.areas("admin")
        entries = await self._audit.list_entries(replace(query, areas=areas, limit=query.limit + 1))
        if len(entries) <= query.limit:
            return AuditPage(items=entries, next=None)
        last = entries[query.limit - 1]
        return AuditPage(items=entries[: query.limit], next=AuditPosition(at=last.at, id=last.id))
