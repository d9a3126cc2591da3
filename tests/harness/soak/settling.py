"""Find out the outcome of a change that is unknown."""

import msgspec

from tests.harness.soak.clients.api import Api, path_of
from tests.harness.soak.clients.contents import Body, Content
from tests.harness.soak.report import Report
from tests.harness.soak.truth import Entry, Page, Record, State
from tests.harness.soak.violation import ViolationError


class Settling:
    """Makes the state of a name certain again, whatever Postgres may still be about to commit.

    The server that was asked is dead, or has said that it does not know. One thing alone can still happen of the
    change then: that Postgres carries out a COMMIT which it was sent. Its statements have all run by that time, so
    it holds the locks of what it changes: the file's row, or for a new file the name's entry in the index. Looking
    does not wait for locks, so looking is not enough. A change does: an empty patch of the file that is there, an
    upload with `If-None-Match: *` where there is none. Once that is answered, the change in doubt has happened or
    never will, and the answer says which.
    """

    def __init__(self, api: Api, empty: Content, report: Report) -> None:
        self._api = api
        self._empty = empty
        self._report = report

    async def settle(self, entry: Entry) -> State | None:
        """Return the state that the name had when the doubt ended; None for no file. It may have another by now."""
        while True:
            found = await self._find(entry)
            if found is not None:
                settled = await self._patch(entry, found)
                if settled is not None:
                    return settled
            elif await self._create(entry):
                return None

    async def _find(self, entry: Entry) -> Record | None:
        params = {"bucket": entry.location.bucket, "name": entry.location.name}
        while not (answer := await self._api.ask("GET", "/v1/files", does="settle", params=params)).is_done:
            pass
        records = msgspec.json.decode(answer.content, type=Page).items
        if len(records) > 1:
            raise ViolationError(f"{entry.location}: two files of one name: {records}")
        return records[0] if records else None

    async def _patch(self, entry: Entry, found: Record) -> State | None:
        answer = await self._api.ask(
            "PATCH",
            f"/v1/files/{found.id}",
            does="settle",
            refusals={"file_not_found"},
            json={},
        )
        if not answer.is_done or answer.record.location != entry.location:
            return None
        entry.check_seen(answer.record.state, began=answer.began, ended=answer.ended)
        self._count(entry, answer.record.state)
        entry.became(answer.record)
        return answer.record.state

    async def _create(self, entry: Entry) -> bool:
        answer = await self._api.ask(
            "PUT",
            path_of(entry.location),
            does="settle",
            refusals={"precondition_failed"},
            content=Body(self._empty),
            headers={"If-None-Match": "*", "Content-Type": "text/plain"},
        )
        if answer.outcome == "unknown":
            entry.may_become("settle", [State(sha256=self._empty.sha256, size=0, content_type="text/plain")])
        if not answer.is_done:
            return False
        entry.check_seen(None, began=answer.began, ended=answer.ended)
        self._count(entry, None)
        entry.became(answer.record)
        return True

    def _count(self, entry: Entry, settled: State | None) -> None:
        *earlier, (last, state) = [doubt for doubt in entry.doubts if doubt[0]] or [("", None)]
        if last:
            self._report.unknown[f"{last}: {'happened' if state == settled else 'did not happen'}"] += 1
        for kind, _ in earlier:
            self._report.unknown[f"{kind}: followed by another"] += 1
