"""Conditions on a request (RFC 9110, section 13), in the order of precedence of section 13.2.2.

The conditions of a change are checked in its transaction.
"""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from domain.errors import NothingToMatchError, PreconditionFailedError


class Versioned(Protocol):
    """The attributes of a file that conditions compare."""

    @property
    def etag(self) -> str:
        """The strong entity tag, quotes included."""
        ...

    @property
    def content_etag(self) -> str:
        """The entity tag of the S3 protocol, which is of the bytes alone."""
        ...

    @property
    def revision(self) -> int:
        """The number of its state, from 1."""
        ...

    @property
    def updated_at(self) -> datetime:
        """The time at which this state began."""
        ...


class Precondition(msgspec.Struct, frozen=True, kw_only=True):
    """The conditions of a request. None stands for a condition that was not given, an empty tuple for `*`.

    Entity tags are kept with their quotes, weak ones with their `W/`. Dates have whole seconds. Where the condition is
    `of_content`, tags are compared with `content_etag`.
    """

    if_match: tuple[str, ...] | None = None
    if_unmodified_since: datetime | None = None
    if_none_match: tuple[str, ...] | None = None
    if_modified_since: datetime | None = None
    of_content: bool = False

    def check(self, current: Versioned | None) -> None:
        """Raise `PreconditionFailedError` unless the file in its current state may be changed. None: there is no file.

        `If-Match` compares strongly, `If-None-Match` weakly (section 8.8.3.2). `If-Unmodified-Since` counts only
        without `If-Match`, and only for a file (section 13.1.4); `If-Modified-Since` never (section 13.1.3).
        """
        self._check_state(current)
        if current is not None and self.excludes(self._tag_of(current)):
            raise PreconditionFailedError("If-None-Match: the file exists in a state that was excluded.")

    def check_untagged(self, *, exists: bool) -> None:
        """Do as `check` does for a resource without entity tags and dates, which only `*` can match."""
        if self.if_match is not None and (self.if_match or not exists):
            raise PreconditionFailedError("If-Match: there is nothing in the state that was asked for.")
        if exists and self.if_none_match == ():
            raise PreconditionFailedError("If-None-Match: it exists already.")

    def is_fresh(self, current: Versioned) -> bool:
        """Return whether a reader has the file's current state already, so that it need not be sent again.

        `If-Modified-Since` counts only without `If-None-Match` (section 13.1.3). Raises `PreconditionFailedError`.
        """
        self._check_state(current)
        if self.if_none_match is not None:
            return self.excludes(self._tag_of(current))
        return self.if_modified_since is not None and last_modified(current) <= self.if_modified_since

    def check_source(self, current: Versioned) -> None:
        """Raise `PreconditionFailedError` unless the file may be copied: all conditions count, as for a reader."""
        if self.is_fresh(current):
            raise PreconditionFailedError("The source is in a state that was excluded.")

    def is_fresh_tag(self, etag: str) -> bool:
        """Do as `is_fresh` does for a resource with an entity tag and no date: conditions by date do not count."""
        if self.if_match and etag not in self.if_match:
            raise PreconditionFailedError("If-Match: it is not in the state that was asked for.")
        return self.excludes(etag)

    def excludes(self, etag: str) -> bool:
        """Return whether `If-None-Match` is false for this tag, compared weakly."""
        if self.if_none_match is None:
            return False
        return not self.if_none_match or etag in {tag.removeprefix("W/") for tag in self.if_none_match}

    def _check_state(self, current: Versioned | None) -> None:
        if self.if_match is not None:
            if current is None:
                raise NothingToMatchError("If-Match: there is no file.")
            if self.if_match and self._tag_of(current) not in self.if_match:
                raise PreconditionFailedError("If-Match: the file is not in the state that was asked for.")
            return
        since = self.if_unmodified_since
        if since is not None and current is not None and last_modified(current) > since:
            raise PreconditionFailedError("If-Unmodified-Since: the file has changed since then.")

    def _tag_of(self, current: Versioned) -> str:
        return current.content_etag if self.of_content else current.etag


NO_PRECONDITION = Precondition()


class IfRange(msgspec.Struct, frozen=True):
    """`If-Range` (section 13.1.5): an entity tag or a date. None, which matches no file, stands for anything else."""

    validator: str | datetime | None

    def holds(self, current: Versioned) -> bool:
        """Return whether the reader has a part of exactly this state, so that another part fits it.

        Both kinds are compared strongly: neither a weak tag nor a date that is a weak validator matches.
        """
        if isinstance(self.validator, datetime):
            return self.validator == last_modified(current) and _has_strong_date(current)
        return self.holds_tag(current.etag)

    def holds_tag(self, etag: str) -> bool:
        """Do as `holds` does for a resource with an entity tag and no date."""
        return self.validator == etag


def last_modified(current: Versioned) -> datetime:
    """Return the time of `Last-Modified`, which has whole seconds.

    The first revision has the second in which it began. A later one has the next second: the state before it ended in
    the same one, and would otherwise be taken for this state by readers that have it.
    """
    second = current.updated_at.replace(microsecond=0)
    return second if current.revision == 1 else second + timedelta(seconds=1)


def _has_strong_date(current: Versioned) -> bool:
    # Section 8.8.2.2: a date is strong only if the file cannot have changed twice in that second. The first revision
    # has none before it; the beginning of the revision before a later one is not known.
    return current.revision == 1
