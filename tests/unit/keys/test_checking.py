"""Keys are checked with each request, and seldom by the catalog."""

from datetime import timedelta

import anyio
import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.access.errors import TooManyFailuresError
from domain.errors import CatalogUnavailableError
from domain.keys.checking import key_cache, lookup_budget
from domain.keys.checking.key_cache import FRESH_SECONDS
from domain.keys.model import KeyPatch
from domain.keys.rotate_key import RotateKey
from domain.keys.secret import new_access_key_id, new_secret, with_checksum
from tests.fakes.database import CATALOG_DOWN
from tests.unit.keys.conftest import READ, Checking


def forged() -> str:
    return new_secret(new_access_key_id())


async def test_the_bearer_of_a_secret_is_its_key(checking: Checking) -> None:
    issued = await checking.make()
    caller = await checking.caller_of(issued.secret)
    assert caller is not None
    assert (caller.kind, caller.id, caller.permissions.scopes) == ("key", str(issued.key.id), READ)


async def test_another_secret_of_a_real_id_is_no_key(checking: Checking) -> None:
    issued = await checking.make()
    assert await checking.caller_of(new_secret(issued.key.access_key_id)) is None
    assert await checking.caller_of(issued.secret) is not None


@pytest.mark.parametrize("credential", ["", "é", "fp_é", "x" * 100_000, "eyJhbGciOiJub25lIn0.e30."])
async def test_what_has_another_form_is_not_looked_up(checking: Checking, credential: str) -> None:
    assert await checking.caller_of(credential) is None
    assert checking.catalog.key_records.reads == 0


async def test_a_key_is_looked_up_once_until_its_entry_is_stale(checking: Checking) -> None:
    secret = (await checking.make()).secret
    for _ in range(3):
        assert await checking.caller_of(secret)
    assert checking.catalog.key_records.reads == 1
    checking.clock.advance(FRESH_SECONDS)
    assert await checking.caller_of(secret)
    assert checking.catalog.key_records.reads == 2


async def test_of_many_requests_at_once_one_looks_the_key_up(checking: Checking) -> None:
    secret = (await checking.make()).secret
    found = []

    async def ask() -> None:
        found.append(await checking.caller_of(secret))

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(ask)
    assert None not in found
    assert checking.catalog.key_records.reads == 1


async def test_a_lookup_that_is_cancelled_leaves_the_others_theirs(checking: Checking) -> None:
    secret = (await checking.make()).secret
    records, first, found = checking.catalog.key_records, anyio.CancelScope(), []

    def cancel_the_first() -> None:
        records.on_read = None
        first.cancel()

    async def ask(scope: anyio.CancelScope) -> None:
        with scope:
            found.append(await checking.caller_of(secret))

    records.on_read = cancel_the_first
    async with anyio.create_task_group() as tasks:
        for scope in (first, anyio.CancelScope(), anyio.CancelScope()):
            tasks.start_soon(ask, scope)
    assert len(found) == 2
    assert None not in found
    assert records.reads == 2


async def test_a_revoked_key_holds_for_less_than_five_seconds_without_notifications(checking: Checking) -> None:
    issued = await checking.make()
    assert await checking.caller_of(issued.secret)
    await checking.catalog.keys.revoke_key(ROOT, issued.key.id)
    checking.clock.advance(FRESH_SECONDS)
    assert FRESH_SECONDS < 5
    assert await checking.caller_of(issued.secret) is None


async def test_a_revoked_key_is_refused_at_once_with_notifications(checking: Checking) -> None:
    issued = await checking.make()
    assert await checking.caller_of(issued.secret)
    await checking.catalog.keys.revoke_key(ROOT, issued.key.id)
    checking.cache.forget(issued.key.access_key_id)
    assert await checking.caller_of(issued.secret) is None


async def test_all_keys_are_looked_up_again_once_changes_may_have_been_missed(checking: Checking) -> None:
    revoked, kept = await checking.make(), await checking.make()
    late = forged()
    for secret in (revoked.secret, kept.secret, late):
        await checking.caller_of(secret)
    await checking.catalog.keys.revoke_key(ROOT, revoked.key.id)
    checking.cache.forget_all()
    assert await checking.caller_of(revoked.secret) is None
    assert await checking.caller_of(kept.secret) is not None


@pytest.mark.parametrize("is_told_of_all", [True, False])
async def test_a_lookup_amid_which_the_key_is_revoked_does_not_count(checking: Checking, is_told_of_all: bool) -> None:
    issued = await checking.make()
    row = checking.catalog.database.api_keys[issued.key.id]
    records = checking.catalog.key_records

    def revoke() -> None:
        # After the row was read, and before its reader has it.
        records.on_read = None
        row.key = replace(row.key, revoked_at=checking.clock.now())
        if is_told_of_all:
            checking.cache.forget_all()
        else:
            checking.cache.forget(issued.key.access_key_id)

    records.on_read = revoke
    assert await checking.caller_of(issued.secret) is None
    assert records.reads == 2


async def test_a_key_that_changes_all_the_time_is_taken_and_not_kept(checking: Checking) -> None:
    issued = await checking.make()
    records = checking.catalog.key_records
    records.on_read = checking.cache.forget_all
    assert await checking.caller_of(issued.secret) is not None
    first = records.reads
    assert await checking.caller_of(issued.secret) is not None
    assert records.reads == 2 * first


async def test_a_lookup_counts_from_its_start(checking: Checking) -> None:
    secret = (await checking.make()).secret
    records = checking.catalog.key_records
    records.on_read = lambda: checking.clock.advance(FRESH_SECONDS - 1)
    assert await checking.caller_of(secret)
    checking.clock.advance(1)
    records.on_read = lambda: checking.clock.advance(FRESH_SECONDS)
    with pytest.raises(CatalogUnavailableError):
        await checking.caller_of(secret)


async def test_a_catalog_that_is_down_tells_nothing_of_keys(checking: Checking) -> None:
    secret = (await checking.make()).secret
    assert await checking.caller_of(secret)
    checking.catalog.database.fail_with = CATALOG_DOWN
    assert await checking.caller_of(secret), "it was looked up just now"
    checking.clock.advance(FRESH_SECONDS)
    for credential in (secret, forged()):
        with pytest.raises(CatalogUnavailableError):
            await checking.caller_of(credential)
    checking.catalog.database.fail_with = None
    assert await checking.caller_of(secret)


async def test_a_key_expires_by_the_catalogs_clock_amid_its_entry(checking: Checking) -> None:
    issued = await checking.make(expires_at=checking.clock.now() + timedelta(seconds=2))
    assert await checking.caller_of(issued.secret)
    checking.clock.advance(1.9)
    assert await checking.caller_of(issued.secret)
    checking.clock.advance(0.1)
    assert await checking.caller_of(issued.secret) is None
    assert checking.catalog.key_records.reads == 1


async def test_both_secrets_hold_during_the_overlap_of_a_rotation(checking: Checking) -> None:
    issued = await checking.make()
    rotated = await RotateKey(checking.catalog.keys, checking.keeper)(ROOT, issued.key.id, overlap=2)
    assert rotated.secret != issued.secret
    assert rotated.key.access_key_id == issued.key.access_key_id
    for secret in (issued.secret, rotated.secret):
        assert await checking.caller_of(secret)
    checking.clock.advance(2)
    assert await checking.caller_of(issued.secret) is None
    assert await checking.caller_of(rotated.secret)


async def test_changed_scopes_are_seen(checking: Checking) -> None:
    issued = await checking.make()
    await checking.caller_of(issued.secret)
    (scope,) = READ
    scopes = (type(scope)(actions=("list",), bucket="default"),)
    await checking.catalog.keys.change_key(ROOT, issued.key.id, KeyPatch(scopes=scopes))
    checking.cache.forget(issued.key.access_key_id)
    caller = await checking.caller_of(issued.secret)
    assert caller is not None
    assert caller.permissions.scopes == scopes


async def test_a_flood_of_forged_ids_evicts_no_key_and_look_few_up(checking: Checking) -> None:
    right = [await checking.make() for _ in range(3)]
    for issued in right:
        assert await checking.caller_of(issued.secret)
    reads, refused = checking.catalog.key_records.reads, 0
    flood = key_cache.MAX_KNOWN + 1_000
    for number in range(flood):
        try:
            assert await checking.caller_of(with_checksum(f"fp_{number:012}_{'x' * 43}")) is None
        except TooManyFailuresError:
            refused += 1
    assert checking.catalog.key_records.reads - reads == lookup_budget.BURST
    assert refused == flood - lookup_budget.BURST
    for issued in right:
        assert await checking.caller_of(issued.secret)
        checking.cache.forget(issued.key.access_key_id)
        assert await checking.caller_of(issued.secret), "a key that is known costs no budget"


async def test_the_flood_of_one_address_is_not_anothers(checking: Checking) -> None:
    for _ in range(lookup_budget.BURST):
        await checking.caller_of(forged(), "2001:db8::1")
    with pytest.raises(TooManyFailuresError) as raised:
        await checking.caller_of(forged(), "2001:db8::2")
    assert raised.value.retry_after == 1
    assert await checking.caller_of((await checking.make()).secret, "2001:db8:0:1::1")
    checking.clock.advance(1)
    for _ in range(int(lookup_budget.A_SECOND)):
        await checking.caller_of(forged(), "2001:db8::1")
    with pytest.raises(TooManyFailuresError):
        await checking.caller_of(forged(), "2001:db8::1")


async def test_keys_that_exist_cost_no_budget(checking: Checking) -> None:
    for _ in range(lookup_budget.BURST + 1):
        assert await checking.caller_of((await checking.make()).secret)


async def test_what_is_remembered_is_bounded(checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_cache, "MAX_KNOWN", 2)
    monkeypatch.setattr(key_cache, "MAX_UNKNOWN", 2)
    keys = [await checking.make() for _ in range(3)]
    for number, secret in enumerate([*(each.secret for each in keys), *(forged() for _ in range(3))]):
        await checking.caller_of(secret, f"192.0.2.{number}")
    reads = checking.catalog.key_records.reads
    assert await checking.caller_of(keys[2].secret)
    assert checking.catalog.key_records.reads == reads
    assert await checking.caller_of(keys[0].secret)
    assert checking.catalog.key_records.reads == reads + 1
