"""Entries of the audit in JSON."""

from typing import Annotated, cast
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.access.callers import CallerKind
from domain.audit.model import AuditAction, AuditEntry, Outcome
from domain.buckets.model import BucketName
from domain.values.numbers import Positive
from domain.values.times import UtcTime


class AuditCallerBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it, or was denied it."""

    kind: Annotated[CallerKind, Meta(description="`system` is the service's own work, `nobody` has no credentials.")]
    id: (
        Annotated[str, Meta(description="Of a key, a link, or a token, whose issuer and subject it is; else null.")]
        | None
    )


class AuditEntryBody(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the audit. What does not apply is null."""

    id: UUID
    at: UtcTime
    action: AuditAction
    outcome: Outcome
    caller: AuditCallerBody
    address: Annotated[str, Meta(description="The client's, as in the log.")] | None
    request_id: (
        Annotated[str, Meta(description="The `X-Request-Id` of the response; of a step of a job, the job's id.")] | None
    )
    bucket: BucketName | None
    file_id: UUID | None
    name: Annotated[str, Meta(description="The file's name then, or the prefix that a job or a link is on.")] | None
    subject: Annotated[str, Meta(description="The id of the key, the link, the upload or the job.")] | None
    count: Annotated[Positive, Meta(description="How many equal denials, or lost ones, the entry stands for; else 1.")]


class AuditPageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries; `next` is the cursor of the next one, null on the last."""

    items: list[AuditEntryBody]
    limit: Positive
    next: str | None


def entry_body(entry: AuditEntry) -> AuditEntryBody:
    """Return an entry as admins see it."""
    kind, _, id_ = entry.caller.partition(":")
    return AuditEntryBody(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        outcome=entry.outcome,
        caller=AuditCallerBody(kind=cast(CallerKind, kind), id=id_ or None),
        address=entry.address,
        request_id=entry.request_id,
        bucket=entry.bucket,
        file_id=entry.file_id,
        name=entry.name,
        subject=entry.subject,
        count=entry.count,
    )
