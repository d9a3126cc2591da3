"""Scopes: actions, and the buckets and names that they are granted on. Pure, and the one place that decides.

Names are compared exactly, case and normal form included.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from domain.access.errors import InvalidScopeError

MAX_SCOPES = 100
MAX_PREFIX_BYTES = 1024

Action = Literal["read", "list", "write", "delete", "admin"]
ACTIONS: tuple[Action, ...] = get_args(Action)

_BUCKET_PATTERN = r"(?:[a-z0-9][a-z0-9._-]{0,62}|(?:[a-z0-9][a-z0-9._-]{0,62})?\*)"
_CONTROL_OR_SURROGATE = re.compile(r"[\u0000-\u001f\u007f-\u009f\ud800-\udfff]")

BucketPattern = Annotated[
    str,
    Meta(
        description="A bucket's name, or the beginning of names and `*`, which takes in future buckets.",
        extra_json_schema={"pattern": f"^{_BUCKET_PATTERN}$"},
    ),
]
ScopePrefix = Annotated[
    str,
    Meta(
        description=(
            "`team/a/` is every name below it; `team/a` is that name and those below `team/a/`, never `team/ab`; "
            "absent or null: the whole bucket."
        ),
        extra_json_schema={"minLength": 1, "maxLength": MAX_PREFIX_BYTES},
    ),
]


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Actions on the buckets that `bucket` takes in, there on the names that `prefix` takes in."""

    actions: Annotated[tuple[Action, ...], Meta(extra_json_schema={"minItems": 1, "uniqueItems": True})]
    bucket: BucketPattern
    prefix: ScopePrefix | None = None

    def allows(self, action: Action) -> bool:
        """Return whether the action is one of the scope's; `admin` has the other four."""
        return action in self.actions or "admin" in self.actions

    def has_bucket(self, bucket: str) -> bool:
        """Return whether the scope is on a bucket, or on a part of it."""
        if self.bucket.endswith("*"):
            return bucket.startswith(self.bucket[:-1])
        return bucket == self.bucket

    def has_name(self, name: str) -> bool:
        """Return whether a name in such a bucket is in the scope."""
        if self.prefix is None:
            return True
        return name.startswith(self.folder) or name == self.prefix

    def has_all_below(self, prefix: str) -> bool:
        """Return whether every name that begins with `prefix` is in the scope."""
        return self.prefix is None or prefix.startswith(self.folder)

    @property
    def folder(self) -> str:
        """The beginning of all names in the scope, except for one that is `prefix` itself. It ends in a slash."""
        return "" if self.prefix is None else self.prefix.rstrip("/") + "/"

    def contains(self, other: "Scope") -> bool:
        """Return whether all that `other` is on is in this scope, whatever the actions."""
        if other.bucket.endswith("*") and not self.bucket.endswith("*"):
            return False
        if not self.has_bucket(other.bucket.removesuffix("*")):
            return False
        if other.prefix is None:
            return self.prefix is None
        return self.has_name(other.prefix) if not other.prefix.endswith("/") else self.has_all_below(other.prefix)


class Permissions(msgspec.Struct, frozen=True):
    """The rights that the scopes of one caller give together."""

    scopes: tuple[Scope, ...] = ()

    def allow(self, action: Action, bucket: str, name: str) -> bool:
        """Return whether the action is allowed on a file."""
        return any(each.allows(action) and each.has_bucket(bucket) and each.has_name(name) for each in self.scopes)

    def allow_below(self, action: Action, bucket: str, prefix: str) -> bool:
        """Return whether the action is allowed on every file, present or future, whose name begins with `prefix`."""
        return any(
            each.allows(action) and each.has_bucket(bucket) and each.has_all_below(prefix) for each in self.scopes
        )

    def show(self, bucket: str, name: str) -> bool:
        """Return whether a file may be seen: its name and metadata, not its bytes."""
        return self.allow("read", bucket, name) or self.allow("list", bucket, name)

    def show_bucket(self, bucket: str) -> bool:
        """Return whether the existence of a bucket may be seen: whoever may do anything in it sees it."""
        return any(each.has_bucket(bucket) for each in self.scopes)

    def show_all_of(self, bucket: str) -> bool:
        """Return whether every file of a bucket may be seen."""
        return self.allow_below("read", bucket, "") or self.allow_below("list", bucket, "")

    def administer(self, bucket: str) -> bool:
        """Return whether the bucket itself may be created, changed and deleted."""
        return self.allow_below("admin", bucket, "")

    @property
    def bucket_patterns(self) -> tuple[str, ...]:
        """The patterns of the buckets that may be seen."""
        return tuple(dict.fromkeys(each.bucket for each in self.scopes))

    @property
    def administer_any(self) -> bool:
        """Whether there is anything to administer."""
        return any("admin" in each.actions for each in self.scopes)

    def contain(self, others: Sequence[Scope]) -> bool:
        """Return whether whoever has these permissions may grant those scopes: for each action one of them has it."""
        return all(self._contain(other) for other in others)

    def _contain(self, other: Scope) -> bool:
        left = set(other.actions)
        for each in self.scopes:
            if each.contains(other):
                left = set() if "admin" in each.actions else left.difference(each.actions)
                if not left:
                    return True
        return False

    @property
    def administered(self) -> "Permissions":
        """The scopes among them that have `admin`."""
        return Permissions(tuple(each for each in self.scopes if "admin" in each.actions))

    @property
    def administer_all(self) -> bool:
        """Whether everything may be administered."""
        return any(each.allows("admin") and each.bucket == "*" and each.prefix is None for each in self.scopes)

    def areas_in(self, action: Action, bucket: str) -> tuple[Scope, ...] | None:
        """Return the areas of an action in one bucket; None where it is allowed on all of the bucket."""
        areas = Permissions(
            tuple(msgspec.structs.replace(each, bucket=bucket) for each in self.scopes if each.has_bucket(bucket))
        ).areas(action)
        return None if any(each.prefix is None for each in areas or ()) else areas

    def areas(self, action: Action) -> tuple[Scope, ...]:
        """Return the scopes that allow an action, without those that lie in others."""
        allowing = tuple(
            dict.fromkeys(
                msgspec.structs.replace(each, actions=(action,)) for each in self.scopes if each.allows(action)
            )
        )
        return tuple(
            each for each in allowing if not any(other is not each and other.contains(each) for other in allowing)
        )


EVERYTHING = Permissions((Scope(actions=("admin",), bucket="*"),))


def check_scopes(scopes: Sequence[Scope]) -> tuple[Scope, ...]:
    """Return the scopes, each with its actions in order and once, or raise `InvalidScopeError` naming the field."""
    if not 1 <= len(scopes) <= MAX_SCOPES:
        raise InvalidScopeError(f"scopes has 1 to {MAX_SCOPES} scopes.")
    return tuple(map(_checked, scopes))


def _checked(scope: Scope) -> Scope:
    if not scope.actions:
        raise InvalidScopeError(f"actions has one or more of {', '.join(ACTIONS)}.")
    if not re.fullmatch(_BUCKET_PATTERN, scope.bucket):
        raise InvalidScopeError("bucket is the name of a bucket, or the beginning of names and a '*' at its end.")
    prefix = scope.prefix
    if prefix is not None:
        if not prefix.strip("/") or prefix.startswith("/") or "//" in prefix:
            raise InvalidScopeError("prefix is the beginning of names, without empty segments; leave it out for all.")
        if _CONTROL_OR_SURROGATE.search(prefix) or len(prefix.encode()) > MAX_PREFIX_BYTES:
            raise InvalidScopeError(f"prefix has at most {MAX_PREFIX_BYTES} bytes of UTF-8 and no control characters.")
        if any(segment in {".", ".."} for segment in prefix.split("/")):
            raise InvalidScopeError("prefix has no segments '.' and '..'.")
    return msgspec.structs.replace(scope, actions=tuple(each for each in ACTIONS if each in scope.actions))
