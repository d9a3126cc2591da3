"""What a client knows of its own files: for each name, the states that are possible.

Each name has one owner, which does one thing at a time, so its truth is simple. An acknowledged change leaves exactly
one state. A change without an answer, or with 503 `outcome_unknown`, adds the state that it would have made. A
refusal adds nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tests.harness.soak.violation import ViolationError


class Location(NamedTuple):
    """Where a file is found by name."""

    bucket: str
    name: str


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A file as a client has made it; None stands for no file."""

    sha256: str
    size: int
    content_type: str
    metadata: dict[str, Any] = {}
    tags: tuple[str, ...] = ()
    expires_at: datetime | None = None

    def has_expired(self, now: float) -> bool:
        """Tell whether the file is as good as gone at `now`, in seconds since the epoch."""
        return self.expires_at is not None and self.expires_at.timestamp() <= now


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the API shows it."""

    id: str
    bucket: str
    name: str
    content_type: str
    size: int
    sha256: str
    etag: str
    metadata: dict[str, Any]
    tags: tuple[str, ...]
    revision: int
    expires_at: datetime | None

    @property
    def location(self) -> Location:
        return Location(self.bucket, self.name)

    @property
    def state(self) -> State:
        return State(
            sha256=self.sha256,
            size=self.size,
            content_type=self.content_type,
            metadata=self.metadata,
            tags=self.tags,
            expires_at=self.expires_at,
        )


class Page(msgspec.Struct, frozen=True):
    """A page of a listing."""

    items: list[Record]
    next: str | None


class Entry:
    """What is known of one name."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self.possible: list[State | None] = [None]
        # As the service last showed it; None where that may be out of date, and where there is no file.
        self.record: Record | None = None
        # The changes whose outcome is unknown, each with the state that it would have made. The half of a change that
        # is another name's has no kind.
        self.doubts: list[tuple[str, State | None]] = []

    @property
    def is_certain(self) -> bool:
        return len(self.possible) == 1 and not self.doubts

    @property
    def state(self) -> State | None:
        """The one state that is possible."""
        (state,) = self.possible
        return state

    @property
    def sizes(self) -> list[int]:
        """How many bytes the file may have."""
        return [0 if state is None else state.size for state in self.possible]

    def became(self, record: Record | None) -> None:
        """Note an acknowledged change, or a state that was seen and can only be changed by this client now."""
        self.record = record
        self.possible = [None if record is None else record.state]
        self.doubts = []

    def may_become(self, kind: str, states: Sequence[State | None]) -> None:
        """Note a change whose outcome is unknown."""
        self.possible += [state for state in states if state not in self.possible]
        self.doubts += [(kind, state) for state in states]
        self.record = None

    def forget_expired(self, now: float) -> None:
        """Take a file that has expired for gone."""
        self.possible = [None if state is not None and state.has_expired(now) else state for state in self.possible]
        if self.possible == [None]:
            self.became(None)

    def check_seen(self, seen: State | None, *, began: float, ended: float) -> None:
        """Raise `ViolationError` where a request from `began` to `ended` saw an impossible state.

        Times are in seconds since the epoch, of the clock that the database has too.
        """
        if seen is None:
            is_possible = any(state is None or state.has_expired(ended) for state in self.possible)
        else:
            is_possible = seen in self.possible and not seen.has_expired(began)
        if not is_possible:
            raise ViolationError(f"{self.location}: {seen} was seen, and {self.possible} is possible.")


class Ledger:
    """The names of one client."""

    def __init__(self) -> None:
        self._entries: dict[Location, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def at(self, location: Location) -> Entry:
        return self._entries.setdefault(location, Entry(location))

    def below(self, bucket: str, prefix: str) -> list[Entry]:
        return [each for each in self if each.location.bucket == bucket and each.location.name.startswith(prefix)]

    def least(self, bucket: str) -> int:
        """Return how many bytes the bucket's files have at least."""
        return sum(min(each.sizes) for each in self if each.location.bucket == bucket)

    def fits(self, location: Location, size: int, quota: int) -> bool:
        """Tell whether a file of `size` bytes at `location` keeps its bucket's quota for certain."""
        others = (each for each in self if each.location.bucket == location.bucket and each.location != location)
        return sum(max(each.sizes) for each in others) + size <= quota
