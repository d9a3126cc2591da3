"""Callers, their scopes, and the things that are shown to them."""

from domain.access.callers import ROOT, Caller
from domain.access.scopes import Action, Permissions, Scope
from domain.access.visibility import visibility_of

ALL_SHOWN = visibility_of(ROOT, "admin")


def scope(bucket: str, prefix: str | None = None, *actions: Action) -> Scope:
    """Return a scope; without actions, one to read."""
    return Scope(actions=actions or ("read",), bucket=bucket, prefix=prefix)


def caller(*scopes: Scope, id: str = "tester") -> Caller:
    """Return the bearer of a key with these scopes."""
    return Caller(kind="key", id=id, permissions=Permissions(scopes))
