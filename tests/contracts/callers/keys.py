"""The contracts of `domain.keys.ports.Keys` and `KeyRecords`."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.access.acting import acting_as
from domain.access.callers import NOBODY, ROOT, Caller, CallerLimits
from domain.access.errors import AccessDeniedError, UnauthenticatedError
from domain.access.scopes import Permissions, Scope
from domain.keys.errors import InvalidKeyExpiryError, KeyRevokedError, NoSuchKeyError
from domain.keys.model import Key, KeyIdentity, KeyPatch, NewKey
from domain.keys.ports import StaleSecret
from domain.keys.sealed import KeptSecret
from domain.keys.secret import new_access_key_id
from domain.values.ids import new_id
from tests.contracts.audit.entries import ANN, entries
from tests.contracts.setup import FUTURE, PAST, CatalogPorts

READ = (Scope(actions=("read",), bucket="default"),)
PHOTOS = (Scope(actions=("admin",), bucket="photos"),)
CURRENT, FORMER = b"curr", b"form"


def kept(version: int = 1, service_secret: bytes = CURRENT) -> KeptSecret:
    """Return what is opaque to the catalog but for the id of the service secret."""
    return KeptSecret(
        version=version,
        code=service_secret + f"code {version}".encode(),
        sealed=service_secret + f"sealed {version}".encode(),
    )


async def made(catalog: CatalogPorts, maker: Caller = ROOT, *, secret: KeptSecret | None = None, **fields: Any) -> Key:
    identity = KeyIdentity(id=new_id(), access_key_id=new_access_key_id())
    new = NewKey(**{"name": "a key", "scopes": READ, **fields})
    return await catalog.keys.create_key(maker, identity, new, secret or kept())


def bearer(key: Key) -> Caller:
    """Return the caller as the cache may have them: as the key was."""
    return Caller(kind="key", id=str(key.id), permissions=Permissions(key.scopes), expires_at=key.expires_at)


async def codes(catalog: CatalogPorts, key: Key) -> list[bytes]:
    found = await catalog.key_records.find_credentials(key.access_key_id)
    return [] if found is None else [each.kept.code for each in found.secrets]


class TestKeepingKeys:
    """Asks for `catalog`."""

    async def test_a_key_is_kept_as_it_was_made(self, catalog: CatalogPorts) -> None:
        scopes = (Scope(actions=("read", "list"), bucket="photos*", prefix="é/"), *PHOTOS)
        key = await made(catalog, name="Ünï 🔑", scopes=scopes, expires_at=FUTURE, rate=5, transfers=7)
        assert (key.name, key.scopes, key.expires_at, key.version) == ("Ünï 🔑", scopes, FUTURE, 1)
        assert key.limits == CallerLimits(5, 7)
        assert (key.revoked_at, key.last_used_at) == (None, None)
        assert await catalog.keys.get_key(ROOT, key.id) == key

    async def test_a_missing_key_is_missing(self, catalog: CatalogPorts) -> None:
        id_ = new_id()
        with pytest.raises(NoSuchKeyError):
            await catalog.keys.get_key(ROOT, id_)
        with pytest.raises(NoSuchKeyError):
            await catalog.keys.change_key(ROOT, id_, KeyPatch(name="b"))
        with pytest.raises(NoSuchKeyError):
            await catalog.keys.revoke_key(ROOT, id_)
        with pytest.raises(NoSuchKeyError):
            await catalog.keys.rotate_key(ROOT, id_, kept(2), overlap=0)

    async def test_keys_are_listed_the_newest_first_page_by_page(self, catalog: CatalogPorts) -> None:
        keys = [await made(catalog, name=str(number)) for number in range(5)]
        keys.sort(key=lambda key: key.id, reverse=True)
        listed = await catalog.keys.list_keys(ROOT, revoked=False, after=None, limit=2)
        assert listed == keys[:2]
        assert await catalog.keys.list_keys(ROOT, revoked=False, after=listed[-1].id, limit=9) == keys[2:]

    async def test_a_change_leaves_the_rest_as_it_is(self, catalog: CatalogPorts) -> None:
        key = await made(catalog, expires_at=FUTURE)
        changed = await catalog.keys.change_key(ROOT, key.id, KeyPatch(name="b"))
        assert changed == replace(key, name="b")
        changed = await catalog.keys.change_key(ROOT, key.id, KeyPatch(scopes=PHOTOS, expires_at=None))
        assert changed == replace(key, name="b", scopes=PHOTOS, expires_at=None)
        changed = await catalog.keys.change_key(ROOT, key.id, KeyPatch(rate=5, transfers=7))
        assert changed.limits == CallerLimits(5, 7)
        changed = await catalog.keys.change_key(ROOT, key.id, KeyPatch(rate=None))
        assert changed == replace(key, name="b", scopes=PHOTOS, expires_at=None, limits=CallerLimits(None, 7))
        found = await catalog.key_records.find_credentials(key.access_key_id)
        assert found is not None
        assert found.limits == changed.limits
        assert await catalog.keys.get_key(ROOT, key.id) == changed

    async def test_a_key_that_expires_in_the_past_is_refused(self, catalog: CatalogPorts) -> None:
        with pytest.raises(InvalidKeyExpiryError):
            await made(catalog, expires_at=PAST)
        key = await made(catalog)
        with pytest.raises(InvalidKeyExpiryError):
            await catalog.keys.change_key(ROOT, key.id, KeyPatch(expires_at=PAST))
        assert await catalog.keys.get_key(ROOT, key.id) == key

    async def test_a_revoked_key_stays_readable_and_out_of_lists(self, catalog: CatalogPorts) -> None:
        key, other = await made(catalog), await made(catalog)
        revoked = await catalog.keys.revoke_key(ROOT, key.id)
        assert revoked.revoked_at is not None
        assert revoked == replace(key, revoked_at=revoked.revoked_at)
        assert await catalog.keys.revoke_key(ROOT, key.id) == revoked
        assert await catalog.keys.get_key(ROOT, key.id) == revoked
        assert await catalog.keys.list_keys(ROOT, revoked=False, after=None, limit=9) == [other]
        listed = await catalog.keys.list_keys(ROOT, revoked=True, after=None, limit=9)
        assert listed == sorted([other, revoked], key=lambda key: key.id, reverse=True)
        with pytest.raises(KeyRevokedError):
            await catalog.keys.change_key(ROOT, key.id, KeyPatch(name="b"))
        with pytest.raises(KeyRevokedError):
            await catalog.keys.rotate_key(ROOT, key.id, kept(2), overlap=0)

    async def test_each_change_is_in_the_audit_and_no_refusal_or_repeat(self, catalog: CatalogPorts) -> None:
        with acting_as(ANN):
            key = await made(catalog)
            await catalog.keys.change_key(ROOT, key.id, KeyPatch(name="b"))
            await catalog.keys.rotate_key(ROOT, key.id, kept(2), overlap=0)
            await catalog.keys.rotate_key(ROOT, key.id, kept(2), overlap=0)
            for _ in range(2):
                await catalog.keys.revoke_key(ROOT, key.id)
            with pytest.raises(KeyRevokedError):
                await catalog.keys.change_key(ROOT, key.id, KeyPatch(name="c"))
        found = await entries(catalog)
        assert {(entry.caller, entry.subject, entry.bucket) for entry in found} == {(ANN.owner, str(key.id), None)}
        assert sorted(entry.action for entry in found) == ["key.change", "key.create", "key.revoke", "key.rotate"]


class TestGrantingKeys:
    """Asks for `catalog`."""

    async def test_a_child_without_expiry_gets_its_makers(self, catalog: CatalogPorts) -> None:
        maker = await made(catalog, scopes=PHOTOS, expires_at=FUTURE)
        child = await made(catalog, bearer(maker), scopes=PHOTOS)
        assert child.expires_at == FUTURE
        sooner = FUTURE - timedelta(days=1)
        assert (await made(catalog, bearer(maker), scopes=PHOTOS, expires_at=sooner)).expires_at == sooner
        patched = await catalog.keys.change_key(bearer(maker), child.id, KeyPatch(expires_at=None))
        assert patched.expires_at == FUTURE

    @pytest.mark.parametrize(
        "fields",
        [
            {"scopes": READ},
            {"scopes": (*PHOTOS, *READ)},
            {"scopes": (Scope(actions=("read",), bucket="photos*"),)},
            {"scopes": PHOTOS, "expires_at": FUTURE + timedelta(microseconds=1)},
        ],
    )
    async def test_nothing_goes_beyond_its_maker(self, catalog: CatalogPorts, fields: dict[str, Any]) -> None:
        maker = await made(catalog, scopes=PHOTOS, expires_at=FUTURE)
        child = await made(catalog, bearer(maker), scopes=PHOTOS)
        with pytest.raises(AccessDeniedError):
            await made(catalog, bearer(maker), **fields)
        for id_ in (child.id, maker.id):
            with pytest.raises(AccessDeniedError):
                await catalog.keys.change_key(bearer(maker), id_, KeyPatch(**fields))
        assert await catalog.keys.get_key(ROOT, child.id) == child
        assert await catalog.keys.get_key(ROOT, maker.id) == maker

    async def test_no_secret_is_had_of_a_key_that_lives_longer(self, catalog: CatalogPorts) -> None:
        caller = bearer(await made(catalog, scopes=PHOTOS, expires_at=FUTURE))
        for expires_at in (None, FUTURE + timedelta(days=1)):
            other = await made(catalog, scopes=PHOTOS, expires_at=expires_at)
            with pytest.raises(AccessDeniedError):
                await catalog.keys.rotate_key(caller, other.id, kept(2), overlap=0)
            assert await codes(catalog, other) == [kept().code]
            # Its name is no power.
            assert (await catalog.keys.change_key(caller, other.id, KeyPatch(name="b"))).expires_at == expires_at
        assert await catalog.keys.rotate_key(caller, UUID(caller.id), kept(2), overlap=0)

    async def test_only_keys_within_its_own_scopes_are_there_for_an_admin(self, catalog: CatalogPorts) -> None:
        caller = bearer(await made(catalog, scopes=PHOTOS))
        own = await catalog.keys.get_key(caller, UUID(caller.id))
        inner = await made(catalog, scopes=(Scope(actions=("write",), bucket="photos", prefix="a/"),))
        for outer in (
            await made(catalog, scopes=READ),
            await made(catalog, scopes=(*PHOTOS, *READ)),
            await made(catalog, scopes=(Scope(actions=("read",), bucket="photo*"),)),
        ):
            with pytest.raises(NoSuchKeyError):
                await catalog.keys.get_key(caller, outer.id)
            with pytest.raises(NoSuchKeyError):
                await catalog.keys.change_key(caller, outer.id, KeyPatch(scopes=PHOTOS))
            with pytest.raises(NoSuchKeyError):
                await catalog.keys.rotate_key(caller, outer.id, kept(2), overlap=0)
            with pytest.raises(NoSuchKeyError):
                await catalog.keys.revoke_key(caller, outer.id)
        assert {key.id for key in await catalog.keys.list_keys(caller, revoked=False, after=None, limit=9)} == {
            own.id,
            inner.id,
        }
        await catalog.keys.revoke_key(caller, inner.id)
        listed = await catalog.keys.list_keys(caller, revoked=True, after=None, limit=9)
        assert {key.id for key in listed} == {own.id, inner.id}

    async def test_the_makers_key_decides_as_it_is_now(self, catalog: CatalogPorts) -> None:
        everything = (Scope(actions=("admin",), bucket="*"),)
        maker = await made(catalog, scopes=everything)
        before = bearer(maker)
        await catalog.keys.change_key(ROOT, maker.id, KeyPatch(scopes=PHOTOS, expires_at=FUTURE))
        with pytest.raises(AccessDeniedError):
            await made(catalog, before, scopes=everything)
        assert (await made(catalog, before, scopes=PHOTOS)).expires_at == FUTURE
        await catalog.keys.change_key(ROOT, maker.id, KeyPatch(scopes=READ))
        with pytest.raises(AccessDeniedError):
            await catalog.keys.list_keys(before, revoked=False, after=None, limit=9)
        await catalog.keys.revoke_key(ROOT, maker.id)
        for refused in (
            made(catalog, before, scopes=PHOTOS),
            catalog.keys.get_key(before, maker.id),
            catalog.keys.list_keys(before, revoked=True, after=None, limit=9),
            catalog.keys.rotate_key(before, maker.id, kept(2), overlap=0),
        ):
            with pytest.raises(UnauthenticatedError):
                await refused

    @pytest.mark.parametrize(
        "caller",
        [
            NOBODY,
            Caller(kind="token", id="t", permissions=Permissions((Scope(actions=("read", "write"), bucket="*"),))),
        ],
    )
    async def test_others_than_admins_handle_no_key(self, catalog: CatalogPorts, caller: Caller) -> None:
        key = await made(catalog)
        for refused in (
            made(catalog, caller),
            catalog.keys.get_key(caller, key.id),
            catalog.keys.list_keys(caller, revoked=False, after=None, limit=9),
            catalog.keys.change_key(caller, key.id, KeyPatch(name="b")),
            catalog.keys.revoke_key(caller, key.id),
            catalog.keys.rotate_key(caller, key.id, kept(2), overlap=0),
        ):
            with pytest.raises(AccessDeniedError):
                await refused
        assert await catalog.keys.get_key(ROOT, key.id) == key


class TestKeyRecords:
    """Asks for `catalog`."""

    async def test_a_key_that_holds_is_found_by_its_access_key_id(self, catalog: CatalogPorts) -> None:
        key = await made(catalog, expires_at=FUTURE)
        found = await catalog.key_records.find_credentials(key.access_key_id)
        assert found is not None
        assert (found.id, found.scopes, found.expires_at) == (key.id, key.scopes, FUTURE)
        assert [(each.kept, each.seconds_left) for each in found.secrets] == [(kept(), None)]
        assert found.seconds_left is not None
        assert found.seconds_left > 86_400
        assert await catalog.key_records.find_credentials(new_access_key_id()) is None

    async def test_a_revoked_key_is_not_found_nor_are_its_secrets_kept(self, catalog: CatalogPorts) -> None:
        key = await made(catalog)
        await catalog.keys.revoke_key(ROOT, key.id)
        assert await catalog.key_records.find_credentials(key.access_key_id) is None
        assert await catalog.key_records.list_stale_secrets(b"----", limit=9) == []

    async def test_a_rotation_leaves_the_former_secret_for_its_overlap(self, catalog: CatalogPorts) -> None:
        key = await made(catalog)
        rotated = await catalog.keys.rotate_key(ROOT, key.id, kept(2), overlap=600)
        assert rotated == replace(key, version=2)
        found = await catalog.key_records.find_credentials(key.access_key_id)
        assert found is not None
        new, former = found.secrets
        assert (new.kept, new.seconds_left, former.kept) == (kept(2), None, kept())
        assert former.seconds_left is not None
        assert 0 < former.seconds_left <= 600
        # The next one leaves only the secret before it.
        await catalog.keys.rotate_key(ROOT, key.id, kept(3), overlap=600)
        assert await codes(catalog, key) == [kept(3).code, kept(2).code]
        await catalog.keys.rotate_key(ROOT, key.id, kept(4), overlap=0)
        assert await codes(catalog, key) == [kept(4).code]

    async def test_of_two_rotations_at_once_one_waits_for_the_other(self, catalog: CatalogPorts) -> None:
        key = await made(catalog)
        await catalog.keys.rotate_key(ROOT, key.id, kept(2), overlap=0)
        assert await catalog.keys.rotate_key(ROOT, key.id, kept(2), overlap=0) is None
        assert await codes(catalog, key) == [kept(2).code]

    async def test_uses_are_recorded_where_what_is_recorded_is_old(self, catalog: CatalogPorts) -> None:
        async def last_use() -> datetime:
            last = (await catalog.keys.get_key(ROOT, key.id)).last_used_at
            assert last is not None
            return last

        key, unused = await made(catalog), await made(catalog)
        await catalog.key_records.record_uses({key.id: 1000.0, new_id(): 1.0})
        first = await last_use()
        assert timedelta(seconds=999) < (key.created_at - first) <= timedelta(seconds=1000)
        for age in (2000.0, 1000.0, 900.0):
            await catalog.key_records.record_uses({key.id: age})
            assert await last_use() == first
        await catalog.key_records.record_uses({key.id: 700.0})
        assert await last_use() - first > timedelta(seconds=240)
        assert await catalog.keys.get_key(ROOT, unused.id) == unused

    async def test_secrets_under_another_service_secret_are_kept_anew(self, catalog: CatalogPorts) -> None:
        keys = sorted([await made(catalog, secret=kept(1, FORMER)) for _ in range(3)], key=lambda key: key.id)
        await made(catalog)
        stale = await catalog.key_records.list_stale_secrets(CURRENT, limit=2)
        assert stale == [StaleSecret(key_id=key.id, kept=kept(1, FORMER)) for key in keys[:2]]
        [last] = await catalog.key_records.list_stale_secrets(CURRENT, limit=2, offset=2)
        assert last.key_id == keys[2].id
        await catalog.key_records.replace_secret(stale[0], kept())
        assert await codes(catalog, keys[0]) == [kept().code]
        # It was replaced meanwhile.
        await catalog.key_records.replace_secret(stale[0], kept(1, b"late"))
        assert await codes(catalog, keys[0]) == [kept().code]
        await catalog.keys.revoke_key(ROOT, keys[1].id)
        await catalog.key_records.replace_secret(stale[1], kept())
        assert await catalog.key_records.list_stale_secrets(CURRENT, limit=9) == [last]

    async def test_a_secret_whose_overlap_is_over_is_forgotten(self, catalog: CatalogPorts) -> None:
        key, other = await made(catalog), await made(catalog)
        await catalog.keys.rotate_key(ROOT, key.id, kept(2), overlap=1e-9)
        await catalog.keys.rotate_key(ROOT, other.id, kept(2), overlap=600)
        assert await catalog.key_records.forget_secrets(limit=9) == 1
        assert await catalog.key_records.forget_secrets(limit=9) == 0
        assert await codes(catalog, key) == [kept(2).code]
        assert await codes(catalog, other) == [kept(2).code, kept().code]
