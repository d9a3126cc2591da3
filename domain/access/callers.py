"""Callers: the people and programs that requests come from."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.access.errors import AccessDeniedError, UnauthenticatedError
from domain.access.scopes import EVERYTHING, Action, Permissions
from domain.errors import DeniedAccess, FileportError

MAX_RATE = 1_000_000
MAX_TRANSFERS = 100_000

CallerKind = Literal["root", "key", "token", "link", "nobody", "system"]


class CallerLimits(msgspec.Struct, frozen=True):
    """`rate` is in requests a second, `transfers` are bodies that move at once, either way. None: no limit."""

    rate: int | None = None
    transfers: int | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who a request comes from, and what they may do. `id` is unique among the callers of a kind.

    `address` is the client's, and `request_id` the request's, for the audit. A key that the caller makes ends at
    `expires_at` at the latest, where that is said. Its own `limits` replace those that hold for all.
    """

    kind: CallerKind
    id: str = ""
    permissions: Permissions = Permissions()
    expires_at: datetime | None = None
    limits: CallerLimits = CallerLimits()
    address: str | None = None
    request_id: str | None = None

    @property
    def owner(self) -> str:
        """The name under which a caller's own things are kept: uploads, jobs, idempotency keys."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def refusal(self, missing: FileportError, denied: DeniedAccess | None = None) -> FileportError:
        """Return the refusal for a thing that the caller may not see: that for a thing that is missing.

        Without credentials that is 401, for what exists and what does not. `denied` is for the audit; where the thing
        is missing there is none, for then nothing was denied.
        """
        if self.kind == "nobody":
            missing, denied = UnauthenticatedError(UnauthenticatedError.example), denied or DeniedAccess()
        missing.denied = denied
        return missing

    def require(self, action: Action, bucket: str, name: str, missing: FileportError) -> None:
        """Return if the action is allowed on a file.

        Raises `AccessDeniedError` where the caller may see the file, else `refusal(missing)`.
        """
        if self.permissions.allow(action, bucket, name):
            return
        if self.permissions.show(bucket, name):
            raise denied(action, bucket, name)
        raise self.refusal(missing, DeniedAccess(action, bucket, name))


# The holder of the root key, and the service's own work.
ROOT = Caller(kind="root", permissions=EVERYTHING)
SYSTEM = Caller(kind="system", permissions=EVERYTHING)
NOBODY = Caller(kind="nobody")


def denied(action: Action, bucket: str | None = None, name: str | None = None) -> AccessDeniedError:
    """Return the error for an action on a thing that the caller may see."""
    error = AccessDeniedError(
        f"The caller may not {action} here." if action != "admin" else "Only an admin may do this."
    )
    error.denied = DeniedAccess(action, bucket, name)
    return error
