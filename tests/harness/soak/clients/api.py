"""Requests to the service, each in the journal, and the meaning of their answers."""

import asyncio
import hashlib
import random
import time
from collections.abc import Collection, Mapping
from typing import Any, Literal
from urllib.parse import quote

import httpx
import msgspec

from tests.harness.soak.clients.contents import Body, ClientLeftError
from tests.harness.soak.fleet.replica import Fleet, Replica
from tests.harness.soak.journal import Journal
from tests.harness.soak.report import Report
from tests.harness.soak.truth import Location, Record
from tests.harness.soak.violation import ViolationError
from tests.support.clients import ROOT_KEY

# Far longer than any request takes: one that takes it hangs.
_TIMEOUT_SECONDS = 120
# Impatient: the service asks for more.
_RETRY_SECONDS = 0.1

Outcome = Literal["done", "refused", "unknown"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request from `began` to `ended`, in seconds since the epoch.

    `done`: acknowledged. `refused`: nothing happened, and never will. `unknown`: it may have happened. `sha256` is
    the content's.
    """

    outcome: Outcome
    status: int = 0
    code: str = ""
    content: bytes = b""
    sha256: str = ""
    headers: Mapping[str, str] = {}
    began: float = 0.0
    ended: float = 0.0

    @property
    def is_done(self) -> bool:
        return self.outcome == "done"

    @property
    def record(self) -> Record:
        return msgspec.json.decode(self.content, type=Record)


class Api:
    """The service as one client uses it: over connections of its own, on any replica that is up.

    Raises `ViolationError` for answers that a service never gives: a 500, a refusal without a reason, a connection
    that is cut by a server that lives, and from replicas that are not killed any 503 too. One cut is as it must be: a
    server that cannot do its work refuses an upload before it has read it all, and then closes the connection, which
    may tear its answer away. It has done with the request by that time.
    """

    def __init__(
        self, client: int, fleet: Fleet, victim: Replica, rng: random.Random, report: Report, journal: Journal
    ) -> None:
        self._client = client
        self._fleet = fleet
        self._victim = victim
        self._rng = rng
        self._report = report
        self._journal = journal
        self._connections: dict[str, httpx.AsyncClient] = {}

    async def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            await connection.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        does: str,
        refusals: Collection[str] = (),
        content: Body | None = None,
        headers: Mapping[str, str] | None = None,
        keeps_content: bool = True,
        **options: Any,
    ) -> Answer:
        """Send a request. `refusals` are the problems' codes that it may be answered with, besides a 503's."""
        replica = await self._fleet.pick(self._rng)
        generation = replica.generation
        number = self._journal.write(
            "request",
            client=self._client,
            replica=f"{replica.number}.{generation}",
            does=does,
            method=method,
            path=path,
            headers=headers,
            **{key: value for key, value in options.items() if key != "files"},
        )
        began = time.time()
        all_headers = {**(headers or {}), **(content.headers if content else {})}
        try:
            async with self._connection(replica).stream(
                method, path, content=content, headers=all_headers, **options
            ) as response:
                answer = await _read(response, keeps_content=keeps_content)
        except ClientLeftError:
            answer = Answer(outcome="refused", code="client_left")
        except (httpx.ConnectError, httpx.ConnectTimeout):
            answer = Answer(outcome="refused", code="not_connected")
        except httpx.TimeoutException as error:
            raise ViolationError(f"{method} {path}: no answer in {_TIMEOUT_SECONDS} s.") from error
        except httpx.TransportError as error:
            # A server's death closes its connections, so it is dead; a body that was not whole cannot be committed.
            is_whole = content is None or content.is_whole
            answer = Answer(outcome="unknown" if is_whole else "refused", code=type(error).__name__)
        answer = msgspec.structs.replace(answer, began=began, ended=time.time())
        if answer.status == 0:
            await self._drop_connection(replica)
        self._journal.write(
            "answer",
            to=number,
            outcome=answer.outcome,
            status=answer.status,
            code=answer.code,
            sha256=answer.sha256,
            says=_excerpt(answer),
        )
        label = str(answer.status) if answer.status else answer.code
        self._report.answers[f"503 {answer.code}" if answer.status == 503 else label] += 1
        if answer.status == 503:
            await asyncio.sleep(_RETRY_SECONDS)
        request = f"{method} {path} ({does}, journal line {number})"
        is_upload = content is not None or "files" in options
        self._check(answer, request, refusals, replica, generation, is_upload=is_upload)
        return answer

    def _check(
        self,
        answer: Answer,
        request: str,
        refusals: Collection[str],
        replica: Replica,
        generation: int,
        *,
        is_upload: bool,
    ) -> None:
        if answer.status == 0:
            is_expected = answer.code == "client_left" or (is_upload and replica is self._victim)
            if not is_expected and replica.is_up and replica.generation == generation:
                raise ViolationError(f"{request}: {answer.code}, and replica {replica.number} was not killed.")
        elif answer.status == 503:
            if replica is not self._victim:
                raise ViolationError(f"{request}: 503 {answer.code}, from a replica that is never killed.")
        elif answer.status >= 400 and (answer.code not in refusals or (answer.status >= 500 and answer.status != 507)):
            raise ViolationError(f"{request}: {answer.status} {answer.code}: {answer.content.decode()}")

    def _connection(self, replica: Replica) -> httpx.AsyncClient:
        if replica.url not in self._connections:
            self._connections[replica.url] = httpx.AsyncClient(
                base_url=replica.url, headers={"Authorization": f"Bearer {ROOT_KEY}"}, timeout=_TIMEOUT_SECONDS
            )
        return self._connections[replica.url]

    async def _drop_connection(self, replica: Replica) -> None:
        await self._connections.pop(replica.url).aclose()


def path_of(location: Location) -> str:
    """Return the path of a file by name."""
    return f"/v1/buckets/{location.bucket}/files/{quote(location.name)}"


async def _read(response: httpx.Response, *, keeps_content: bool) -> Answer:
    digest = hashlib.sha256()
    content = bytearray()
    keeps_content = keeps_content or not response.is_success
    async for chunk in response.aiter_bytes():
        digest.update(chunk)
        if keeps_content:
            content += chunk
    code = "" if response.is_success else msgspec.json.decode(content)["code"]
    outcome: Outcome = "done" if response.is_success else "unknown" if code == "outcome_unknown" else "refused"
    return Answer(
        outcome=outcome,
        status=response.status_code,
        code=code,
        content=bytes(content),
        sha256=digest.hexdigest(),
        headers=response.headers,
    )


def _excerpt(answer: Answer) -> str:
    return answer.content[:1000].decode(errors="replace")
