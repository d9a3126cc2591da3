"""Which jobs a caller sees."""

from domain.access.callers import Caller
from domain.access.scopes import Scope
from domain.access.visibility import Visibility

# Behind a prefix, a name below it that no file has: it lies where all names below the prefix do.
BELOW = "\1"
_EVERYWHERE = (Scope(actions=("list",), bucket="*"),)


def visible_jobs(caller: Caller) -> Visibility:
    """Return that the caller sees the jobs that it made, and as an admin those on prefixes in its scope."""
    return Visibility(owner=caller.owner, own=_EVERYWHERE, administered=caller.permissions.areas("admin"))
