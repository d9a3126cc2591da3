"""Entries of the audit: changes and denials. Entries are added, and never changed.

An entry for a change is part of the change's transaction: it exists exactly where the change does.
"""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

from domain.access.callers import Caller
from domain.access.scopes import Scope

# Texts that a client sent without being let in are kept to so many characters.
MAX_TEXT = 1024

# A file that moves, or is copied, is in two places at most, which may have different admins: each has an entry.
ChangeAction = Literal[
    "file.create",
    "file.replace",
    "file.change",
    "file.move_from",
    "file.move_to",
    "file.copy_from",
    "file.copy_to",
    "file.delete",
    "file.expire",
    "bucket.create",
    "bucket.change",
    "bucket.delete",
    "upload.begin",
    "upload.end",
    "direct_upload.begin",
    "direct_upload.end",
    "multipart_upload.begin",
    "multipart_upload.end",
    "job.start",
    "job.cancel",
    "job.end",
    "key.create",
    "key.change",
    "key.rotate",
    "key.revoke",
    "link.create",
    "link.use",
    "link.revoke",
]
# The requirement that a denied request did not meet: valid credentials, or a right.
DeniedAction = Literal[
    "access.authenticate",
    "access.read",
    "access.list",
    "access.write",
    "access.delete",
    "access.admin",
]
# `audit.lost` counts denials that were too many to keep.
AuditAction = Literal[ChangeAction, DeniedAction, "audit.lost"]
AUDIT_ACTIONS: tuple[AuditAction, ...] = get_args(AuditAction)

Outcome = Literal["done", "denied"]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `caller` is a `Caller.owner`, and `address` the client's.

    `request_id` is that of the request; in an entry for a step of a job it is the job's id. `name` is a file's name, or
    the prefix that a job or a link is on. `subject` is the id of a key, a link, an upload or a job. `count` is how many
    equal denials the entry stands for.
    """

    id: UUID
    at: datetime
    action: AuditAction
    outcome: Outcome = "done"
    caller: str
    address: str | None = None
    request_id: str | None = None
    bucket: str | None = None
    file_id: UUID | None = None
    name: str | None = None
    subject: str | None = None
    count: int = 1


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """A request, or a part of one, that was denied: the right that it lacked, and on which thing."""

    caller: Caller
    action: DeniedAction
    bucket: str | None = None
    file_id: UUID | None = None
    name: str | None = None


class DenialCount(msgspec.Struct, frozen=True, kw_only=True):
    """Denials that are equal, the first of them `age` seconds ago."""

    denial: Denial
    count: int
    age: float


class AuditPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position among the entries, the newest first: right after the one with this time and id."""

    at: datetime
    id: UUID


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The entries to list: those that pass every filter, the newest first.

    `areas` are the scopes whose files and buckets are shown; None is everything, also entries without a bucket. Times
    are from `since`, inclusive, to `until`, exclusive.
    """

    areas: tuple[Scope, ...] | None = None
    caller: str | None = None
    action: AuditAction | None = None
    bucket: str | None = None
    file_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: AuditPosition | None = None
    limit: int


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries, and the position of the next one, None on the last."""

    items: list[AuditEntry]
    next: AuditPosition | None
