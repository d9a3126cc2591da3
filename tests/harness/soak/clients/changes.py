"""The changes of a client to its own names, and the states that they allow."""

import random
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tests.harness.soak.clients.api import Answer, Api, path_of
from tests.harness.soak.clients.contents import Body, Content
from tests.harness.soak.report import Report
from tests.harness.soak.settling import Settling
from tests.harness.soak.truth import Entry, Ledger, Record, State
from tests.harness.soak.violation import ViolationError

# Of ten unknown outcomes this many are looked into at once; the others wait for the name's next turn.
_SETTLED_AT_ONCE = 7

# Longer than any lease here: for so long, an upload that a server has not answered may hold room of a quota.
_HELD_SECONDS = 30

IF_ABSENT = {"If-None-Match": "*"}


class Changes:
    """Makes changes, one at a time, and keeps the ledger true."""

    def __init__(
        self, api: Api, settling: Settling, ledger: Ledger, rng: random.Random, report: Report, quotas: dict[str, int]
    ) -> None:
        self._api = api
        self._settling = settling
        self._ledger = ledger
        self._rng = rng
        self._report = report
        self._quotas = quotas
        self._held_until = 0.0

    async def put(self, entry: Entry, content: Content, body: Body, *, if_match: str | None = None) -> None:
        """Store a content under a name, whatever is there; with `if_match` only if it has that tag, or * for none."""
        content_type = self._rng.choice(["text/plain", "image/png", "application/octet-stream"])
        headers = {"Content-Type": content_type}
        refusals = self._quota_refusals(entry, len(content.data))
        is_met = True
        if if_match is not None:
            headers |= IF_ABSENT if if_match == "*" else {"If-Match": if_match}
            is_met = (
                entry.state is None if if_match == "*" else entry.record is not None and entry.record.etag == if_match
            )
            if not is_met:
                refusals = {"precondition_failed"}
        answer = await self._api.ask(
            "PUT", path_of(entry.location), does="put", refusals=refusals, content=body, headers=headers
        )
        if not is_met:
            _forbid(answer.is_done, answer, "its condition was false")
            return
        if answer.is_done and entry.is_certain and (entry.state is None or entry.state.expires_at is None):
            _forbid(answer.status != (201 if entry.state is None else 200), answer, "201 is for new files")
        new = [_stored(before, content, content_type) for before in entry.possible]
        await self._note("put" if if_match is None else "put if", answer, entry, new)

    async def post(self, entry: Entry, content: Content, metadata: dict[str, Any], tags: tuple[str, ...]) -> None:
        """Store a content by a form."""
        refusals = self._quota_refusals(entry, len(content.data))
        answer = await self._api.ask(
            "POST",
            f"/v1/buckets/{entry.location.bucket}/files",
            does="post",
            refusals=refusals,
            data={
                "name": entry.location.name,
                "metadata": msgspec.json.encode(metadata).decode(),
                "tags": ",".join(tags),
            },
            files={"file": ("x", content.data, "image/gif")},
        )
        new = State(
            sha256=content.sha256, size=len(content.data), content_type="image/gif", metadata=metadata, tags=tags
        )
        await self._note("post", answer, entry, [new])

    async def annotate(self, entry: Entry, metadata: dict[str, Any], tags: tuple[str, ...]) -> None:
        """Change metadata, tags and type of the file that is there."""
        record, state = _there(entry)
        patch = {"metadata": metadata, "tags": tags, "content_type": "text/csv"}
        answer = await self._patch("annotate", record, patch)
        merged = {key: value for key, value in {**state.metadata, **metadata}.items() if value is not None}
        await self._note(
            "annotate",
            answer,
            entry,
            [msgspec.structs.replace(state, metadata=merged, tags=tags, content_type="text/csv")],
        )

    async def expire(self, entry: Entry, seconds: float) -> None:
        """Let the file that is there expire in so many seconds."""
        record, state = _there(entry)
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        answer = await self._patch("expire", record, {"expires_at": at.isoformat()}, {"invalid_expiry"})
        await self._note("expire", answer, entry, [msgspec.structs.replace(state, expires_at=at)])

    async def delete(self, entry: Entry, *, is_conditional: bool) -> None:
        """Delete the file that is there."""
        record, _ = _there(entry)
        headers = {"If-Match": record.etag} if is_conditional else None
        answer = await self._api.ask("DELETE", f"/v1/files/{record.id}", does="delete", headers=headers)
        await self._note("delete", answer, entry, [None])

    async def copy(self, entry: Entry, to: Entry) -> None:
        """Copy the file that is there to another name."""
        record, state = _there(entry)
        answer = await self._api.ask(
            "POST",
            f"/v1/files/{record.id}/copy",
            does="copy",
            refusals=self._taken(to) or self._quota_refusals(to, state.size),
            json={"bucket": to.location.bucket, "name": to.location.name},
        )
        if self._taken(to):
            _forbid(answer.is_done, answer, "the name was taken")
        else:
            await self._note("copy", answer, to, [msgspec.structs.replace(state, expires_at=None)])

    async def move(self, entry: Entry, to: Entry) -> None:
        """Give the file that is there another name, and perhaps another bucket."""
        record, state = _there(entry)
        is_far = to.location.bucket != entry.location.bucket
        refusals = self._taken(to) or (self._quota_refusals(to, state.size) if is_far else set())
        patch = {"bucket": to.location.bucket, "name": to.location.name}
        answer = await self._patch("move", record, patch, refusals)
        if answer.is_done:
            _forbid(bool(self._taken(to)), answer, "the name was taken")
            _forbid(
                answer.record.state != state or answer.record.location != to.location,
                answer,
                "it is not the file that was moved",
            )
            # First, for the file counts once in the bucket that it may still be in.
            entry.became(None)
            self._acknowledge("move", answer, to, [state])
        elif answer.outcome == "unknown" and not self._taken(to):
            # The file is in one of two places: both are looked into at once, for they are not independent.
            entry.may_become("", [None])
            to.may_become("move", [state])
            sources = [await self._settling.settle(each) for each in (entry, to)]
            _forbid((sources[0] is None) == (sources[1] is None), answer, f"it is in two places or in none: {sources}")

    async def _patch(self, does: str, record: Record, patch: dict[str, Any], refusals: Iterable[str] = ()) -> Answer:
        headers = {"If-Match": record.etag} if self._rng.random() < 0.3 else None
        return await self._api.ask(
            "PATCH", f"/v1/files/{record.id}", does=does, refusals=set(refusals), json=patch, headers=headers
        )

    async def _note(self, kind: str, answer: Answer, entry: Entry, new: Sequence[State | None]) -> None:
        if answer.status in {0, 503} and entry.location.bucket in self._quotas:
            self._held_until = time.monotonic() + _HELD_SECONDS
        if answer.is_done:
            self._acknowledge(kind, answer, entry, new)
        elif answer.outcome == "unknown":
            entry.may_become(kind, new)
            if self._rng.randrange(10) < _SETTLED_AT_ONCE:
                await self._settling.settle(entry)

    def _acknowledge(self, kind: str, answer: Answer, entry: Entry, new: Sequence[State | None]) -> None:
        record = None if answer.status == 204 else answer.record
        if record is not None:
            _forbid(record.location != entry.location, answer, f"not at {entry.location}")
            _forbid(record.state not in new, answer, f"not one of {new}")
            if entry.record is not None and entry.record.id == record.id:
                _forbid(record.revision != entry.record.revision + 1, answer, f"not the revision after {entry.record}")
        for doubt, _ in entry.doubts:
            self._report.unknown[f"{doubt}: overwritten"] += 1
        entry.became(record)
        self._report.acknowledged[kind] += 1
        quota = self._quotas.get(entry.location.bucket)
        _forbid(quota is not None and self._ledger.least(entry.location.bucket) > quota, answer, "it breaks the quota")

    def _quota_refusals(self, entry: Entry, size: int) -> set[str]:
        quota = self._quotas.get(entry.location.bucket)
        is_held = time.monotonic() < self._held_until
        if quota is None or (self._ledger.fits(entry.location, size, quota) and not is_held):
            return set()
        return {"quota_exceeded"}

    @staticmethod
    def _taken(to: Entry) -> set[str]:
        # Beside the file that has the name, the new one may not fit either.
        return set() if to.state is None else {"name_taken", "quota_exceeded"}


def _there(entry: Entry) -> tuple[Record, State]:
    assert entry.is_certain
    assert entry.record is not None
    assert entry.state is not None
    return entry.record, entry.state


def _stored(before: State | None, content: Content, content_type: str) -> State:
    return State(
        sha256=content.sha256,
        size=len(content.data),
        content_type=content_type,
        metadata=before.metadata if before else {},
        tags=before.tags if before else (),
    )


def _forbid(is_wrong: bool, answer: Answer, why: str) -> None:
    if is_wrong:
        raise ViolationError(f"Acknowledged with {answer.status} {answer.content.decode()!r}: {why}.")
