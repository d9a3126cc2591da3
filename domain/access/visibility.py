"""Visibility: which of the things that callers make are shown to a caller."""

import msgspec

from domain.access.callers import Caller
from domain.access.scopes import Action, Permissions, Scope


class Visibility(msgspec.Struct, frozen=True, kw_only=True):
    """The uploads or jobs that one caller sees: its own in `own`, and those of all callers in `administered`."""

    owner: str
    own: tuple[Scope, ...]
    administered: tuple[Scope, ...]

    @property
    def is_unlimited(self) -> bool:
        """Whether everything is shown."""
        return Permissions(self.administered).administer_all

    def shows(self, owner: str, bucket: str | None, name: str | None) -> bool:
        """Return whether a thing of `owner` on a file, or a prefix, is shown.

        Without a bucket it is on no file yet: then only its owner, and whoever administers everything, sees it.
        """
        if self.is_unlimited:
            return True
        if bucket is None or name is None:
            return owner == self.owner and bool(self.own)
        areas = (*self.administered, *(self.own if owner == self.owner else ()))
        return any(each.has_bucket(bucket) and each.has_name(name) for each in areas)


def visibility_of(caller: Caller, action: Action) -> Visibility:
    """Return the visibility of things whose owner needs the right to `action` to see them still."""
    permissions = caller.permissions
    return Visibility(owner=caller.owner, own=permissions.areas(action), administered=permissions.areas("admin"))
