"""The keys of the identity provider: fetched rarely, rotated at once, and kept through an outage."""

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import pytest

from adapters.tokens import ProviderKeys, TokenRules, TokenSource
from adapters.tokens.fetch import MAX_BYTES, open_key_set_document
from adapters.tokens.ports import PublicKey
from adapters.tokens.provider_keys import FIRST_REST, FRESH, REST
from adapters.tokens.source import REMEMBERED_SECONDS
from domain.access.errors import IdentityProviderUnavailableError
from tests.fakes.clock import FakeClock
from tests.support.identity_provider import AUDIENCE, ISSUER, Provider, jwk, private_key, providing, token

RULES = TokenRules(issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256",), scopes_claim="fileport_scopes")


class Trust:
    """A service that trusts a provider."""

    def __init__(self, keys: ProviderKeys, clock: FakeClock) -> None:
        self.keys = keys
        self.clock = clock
        self.source = TokenSource(RULES, keys, clock)

    async def takes(self, credential: str) -> bool:
        return await self.source.caller_of(credential, "") is not None


@asynccontextmanager
async def trusting(url: str, *, seconds: float = 5.0) -> AsyncIterator[Trust]:
    clock = FakeClock()
    async with open_key_set_document(url, seconds=seconds) as document:
        yield Trust(ProviderKeys(document, RULES.algorithms, clock), clock)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as provider:
        yield provider


@pytest.fixture
async def trust(provider: Provider) -> AsyncIterator[Trust]:
    """A service that has the provider's keys."""
    async with trusting(provider.url) as trust:
        await trust.keys.refresh_due()
        yield trust


def by(name: str, **claims: object) -> str:
    """Return a token of the key with that name, which is its id as well."""
    return token(key=private_key(name), header={"kid": name}, **claims)  # type: ignore[arg-type] # claims of any kind


async def test_known_keys_cost_no_request(provider: Provider, trust: Trust) -> None:
    for number in range(20):
        assert await trust.takes(by("first", sub=f"u{number}"))
    trust.clock.advance(FRESH - 1)
    await trust.keys.refresh_due()
    assert provider.asked == 1
    trust.clock.advance(1)
    await trust.keys.refresh_due()
    assert provider.asked == 2


async def test_a_rotation_is_seen_by_the_first_token_of_a_new_key(provider: Provider, trust: Trust) -> None:
    assert await trust.takes(by("first"))
    provider.keys = [jwk(private_key("second"), "second")]
    assert await trust.takes(by("second"))
    assert not await trust.takes(by("first")), "the withdrawn key is remembered"


async def test_keys_that_rotate_again_at_once_are_seen_once_more(provider: Provider, trust: Trust) -> None:
    for name in ("second", "third"):
        provider.keys = [jwk(private_key(name), name)]
        assert await trust.takes(by(name))
    assert provider.asked == 3


async def test_a_thousand_unknown_keys_cost_one_request_in_thirty_seconds(provider: Provider, trust: Trust) -> None:
    forged = [token(key=private_key("another"), header={"kid": f"made-up-{number}"}) for number in range(1000)]
    assert not any(await asyncio.gather(*map(trust.takes, forged)))
    assert not any([await trust.takes(each) for each in forged])
    assert provider.asked == 2
    trust.clock.advance(REST)
    assert not any([await trust.takes(each) for each in forged])
    assert provider.asked == 3


async def test_amid_a_flood_of_made_up_keys_a_rotation_is_seen_within_thirty_seconds(
    provider: Provider, trust: Trust
) -> None:
    assert not await trust.takes(token(key=private_key("another"), header={"kid": "made-up"}))
    provider.keys.append(jwk(private_key("second"), "second"))
    trust.clock.advance(REST)
    assert await trust.takes(by("second"))


async def test_tokens_of_a_new_key_share_one_fetch_and_none_of_them_ends_it_for_the_others(
    provider: Provider, trust: Trust
) -> None:
    provider.keys.append(jwk(private_key("second"), "second"))
    provider.may_answer.clear()
    taken: dict[str, bool] = {}

    async def take(scope: anyio.CancelScope, sub: str) -> None:
        with scope:
            taken[sub] = await trust.takes(by("second", sub=sub))

    first, second, third = anyio.CancelScope(), anyio.CancelScope(), anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take, first, "u1")
        while provider.asked < 2:
            await anyio.lowlevel.checkpoint()
        tasks.start_soon(take, second, "u2")
        tasks.start_soon(take, third, "u3")
        await anyio.lowlevel.checkpoint()
        first.cancel()
        second.cancel()
        await anyio.lowlevel.checkpoint()
        assert await trust.takes(by("first")), "known keys wait for nothing"
        provider.may_answer.set()
    assert taken["u3"]
    assert provider.asked == 2


async def test_an_outage_does_not_end_running_service(provider: Provider, trust: Trust) -> None:
    provider.status = 500
    for _ in range(5):
        trust.clock.advance(FRESH)
        with pytest.raises(IdentityProviderUnavailableError):
            await trust.keys.refresh_due()
        assert await trust.takes(by("first"))
        assert not await trust.takes(by("second"))
    provider.status = 200
    provider.keys = [jwk(private_key("second"), "second")]
    trust.clock.advance(REST)
    await trust.keys.refresh_due()
    assert await trust.takes(by("second"))
    assert not await trust.takes(by("first"))


async def test_a_failed_fetch_rests_before_the_next_try(provider: Provider, trust: Trust) -> None:
    provider.status = 503
    trust.clock.advance(FRESH)
    with pytest.raises(IdentityProviderUnavailableError):
        await trust.keys.refresh_due()
    asked = provider.asked
    trust.clock.advance(REST - 1)
    await trust.keys.refresh_due()
    assert provider.asked == asked


async def test_before_there_are_any_keys_tokens_are_neither_right_nor_wrong(provider: Provider) -> None:
    provider.status = 500
    async with trusting(provider.url) as trust:
        for _ in range(100):
            with pytest.raises(IdentityProviderUnavailableError):
                await trust.takes(by("first"))
        assert provider.asked == 1, "no request waits for the provider again within thirty seconds"
        provider.status = 200
        trust.clock.advance(FIRST_REST)
        await trust.keys.refresh_due()
        assert await trust.takes(by("first"))


async def test_keys_that_the_provider_withdraws_are_trusted_no_more(provider: Provider, trust: Trust) -> None:
    assert await trust.takes(by("first"))
    provider.keys = []
    trust.clock.advance(FRESH)
    await trust.keys.refresh_due()
    assert not await trust.takes(by("first"))


@pytest.mark.parametrize(
    "kid",
    [
        "../../../etc/passwd",
        "/dev/null",
        "http://127.0.0.1:1/jwks",
        "first' OR '1'='1",
        "first\0",
        "FIRST",
        " first",
        "",
    ],
)
async def test_an_id_of_a_key_is_a_name_and_no_more(provider: Provider, trust: Trust, kid: str) -> None:
    assert not await trust.takes(token(header={"kid": kid}))
    assert provider.asked == 2


async def test_redirects_are_not_followed(provider: Provider) -> None:
    async with providing() as elsewhere, trusting(provider.url) as trust:
        provider.status, provider.headers = 302, {"Location": elsewhere.url}
        with pytest.raises(IdentityProviderUnavailableError, match="302"):
            await trust.keys.refresh_due()
        with pytest.raises(IdentityProviderUnavailableError):
            await trust.takes(by("first"))
        assert elsewhere.asked == 0


@pytest.mark.parametrize("body", [b" " * (MAX_BYTES + 1), b"<html>", b"", b'{"keys": {}}'])
async def test_what_is_no_key_set_leaves_the_keys_as_they_are(provider: Provider, trust: Trust, body: bytes) -> None:
    provider.body = body
    trust.clock.advance(FRESH)
    with pytest.raises(IdentityProviderUnavailableError):
        await trust.keys.refresh_due()
    assert await trust.takes(by("first"))


async def test_a_body_that_grows_when_it_is_decoded_is_not_decoded(provider: Provider) -> None:
    provider.body, provider.headers = gzip.compress(b" " * 100_000_000), {"Content-Encoding": "gzip"}
    async with trusting(provider.url) as trust:
        with pytest.raises(IdentityProviderUnavailableError, match="coded"):
            await trust.keys.refresh_due()


async def test_a_provider_that_does_not_answer_is_given_up(provider: Provider) -> None:
    provider.may_answer.clear()
    async with trusting(provider.url, seconds=0.05) as trust:
        with pytest.raises(IdentityProviderUnavailableError, match="in time"):
            await trust.keys.refresh_due()
    provider.may_answer.set()


async def test_a_provider_that_is_not_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with trusting(f"http://127.0.0.1:{port}/jwks") as trust:
        with pytest.raises(IdentityProviderUnavailableError, match="reached"):
            await trust.keys.refresh_due()


async def test_a_provider_on_this_machine_is_asked_past_the_proxy(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with trusting(provider.url) as trust:
        await trust.keys.refresh_due()
        assert await trust.takes(by("first"))


class CountedKeys:
    """A provider's keys, and how often one was looked for."""

    def __init__(self, keys: ProviderKeys) -> None:
        self._keys = keys
        self.found = 0

    @property
    def version(self) -> int:
        return self._keys.version

    async def find(self, id: str | None, algorithm: str) -> PublicKey | None:
        self.found += 1
        return await self._keys.find(id, algorithm)


async def test_a_verification_is_remembered_for_a_while_and_not_beyond_the_end_of_its_token(trust: Trust) -> None:
    keys = CountedKeys(trust.keys)
    source = TokenSource(RULES, keys, trust.clock)
    now = int(time.time())
    long, short, over = by("first"), by("first", exp=now + 20), by("first", exp=now - 20)

    async def looks(credential: str) -> int:
        before = keys.found
        assert await source.caller_of(credential, "") is not None
        return keys.found - before

    assert [await looks(each) for each in (long, long, short, short)] == [1, 0, 1, 0]
    trust.clock.advance(20)
    assert [await looks(each) for each in (long, short)] == [0, 1]
    trust.clock.advance(REMEMBERED_SECONDS)
    assert await looks(long) == 1
    assert [await looks(over) for _ in range(2)] == [1, 1], "it is valid by the leeway alone"


async def test_the_tokens_used_last_are_remembered_and_no_more_than_there_is_room_for(trust: Trust) -> None:
    keys = CountedKeys(trust.keys)
    source = TokenSource(RULES, keys, trust.clock, room=3)
    first, *others = (by("first", sub=f"u{number}") for number in range(5))
    for each in (first, *others):
        assert await source.caller_of(each, "")
    for each in others[-3:]:
        assert await source.caller_of(each, "")
    assert keys.found == 5
    assert await source.caller_of(first, "")
    assert keys.found == 6
