"""A change with an idempotency key whose Postgres fails at any step is made once, when it is sent again."""

import secrets

import httpx
import pytest

from tests.harness.fault_proxy import Effect, effects
from tests.integration.faults.changes import Changes
from tests.integration.faults.site import Site, unavailable
from tests.integration.faults.test_postgres_faults import STEPS, Kind

KEYED = (Changes.new_file, Changes.replaced_file, Changes.copied_file, Changes.new_bucket, Changes.changed_bucket)


@pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("breaks", [effects.cut_midway, effects.lose_answer], ids=lambda effect: effect.__name__)
async def test_whatever_the_first_answer_was_the_next_one_is_that_of_one_change(
    site: Site, changes: Changes, kind: Kind, breaks: Effect
) -> None:
    step, is_met = 0, True
    while is_met:
        change = await kind(changes)
        async with keyed(site.client) as client:
            with site.postgres.fault(breaks, STEPS, times=1, skip=step) as fault:
                first = await change.make(client)
            await change.judge(first)
            # No request waits for a key that no request holds.
            second, third = await change.make(client), await change.make(client)
        assert second.is_success, (step, second.text)
        assert said(third) == said(second)
        if first.is_success:
            assert said(second) == said(first)
        else:
            unavailable(first)
        assert await change.is_made()
        # With a stored file, the revision tells that it was stored once.
        assert second.json().get("revision", 1) == (2 if kind is Changes.replaced_file else 1), step
        step, is_met = step + 1, bool(fault.met)
    await site.check()


def keyed(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Return a client of the same server that sends a key of its own."""
    headers = {**client.headers, "Idempotency-Key": secrets.token_hex(8)}
    return httpx.AsyncClient(base_url=client.base_url, headers=headers, timeout=60)


def said(answer: httpx.Response) -> tuple[object, ...]:
    """Return the parts of an answer that its caller depends on."""
    return answer.status_code, answer.content, answer.headers.get("etag"), answer.headers.get("location")
