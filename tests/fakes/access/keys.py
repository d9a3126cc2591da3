"""Keys in memory."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NoReturn
from uuid import UUID

import anyio
from msgspec.structs import replace

from domain.access.callers import Caller, CallerLimits
from domain.access.errors import UnauthenticatedError
from domain.access.scopes import Permissions
from domain.audit.model import ChangeAction
from domain.keys.credentials import KeyCredentials, KeySecret
from domain.keys.errors import NoSuchKeyError
from domain.keys.grants import grant, patched, require_admin, require_rotatable
from domain.keys.model import Key, KeyIdentity, KeyPatch, NewKey, is_seen_by
from domain.keys.ports import StaleSecret
from domain.keys.sealed import KeptSecret
from tests.fakes.clock import FakeClock
from tests.fakes.database import ApiKeyRow, FakeDatabase


class FakeKeyChanges:
    """Tells each watcher of changes at once, unless it `is_mute`."""

    def __init__(self) -> None:
        self.is_mute = False
        self._watchers: list[Callable[[str], object]] = []

    async def watch(self, on_change: Callable[[str], object], on_gap: Callable[[], object]) -> NoReturn:
        self._watchers.append(on_change)
        on_gap()
        try:
            await anyio.sleep_forever()
        finally:
            self._watchers.remove(on_change)
        raise AssertionError("It sleeps for ever.")

    def tell(self, access_key_id: str) -> None:
        for on_change in () if self.is_mute else tuple(self._watchers):
            on_change(access_key_id)


class FakeKeys:
    def __init__(self, database: FakeDatabase, changes: FakeKeyChanges) -> None:
        self._database = database
        self._changes = changes

    async def create_key(self, caller: Caller, identity: KeyIdentity, new: NewKey, secret: KeptSecret) -> Key:
        caller = self._current(caller)
        now = self._database.clock.now()
        key = Key(
            id=identity.id,
            access_key_id=identity.access_key_id,
            name=new.name,
            scopes=new.scopes,
            created_at=now,
            expires_at=grant(caller, new.scopes, new.expires_at, now),
            limits=CallerLimits(new.rate, new.transfers),
        )
        self._database.api_keys[key.id] = ApiKeyRow(key=key, secrets={secret.version: (secret, None)})
        return self._changed("key.create", key)

    async def get_key(self, caller: Caller, id: UUID) -> Key:
        return self._seen(self._current(caller), id).key

    async def list_keys(self, caller: Caller, *, revoked: bool, after: UUID | None, limit: int) -> list[Key]:
        caller = self._current(caller)
        keys = [row.key for _, row in sorted(self._database.api_keys.items(), reverse=True)]
        return [
            key
            for key in keys
            if (revoked or key.revoked_at is None) and (after is None or key.id < after) and is_seen_by(caller, key)
        ][:limit]

    async def change_key(self, caller: Caller, id: UUID, patch: KeyPatch) -> Key:
        caller = self._current(caller)
        row = self._seen(caller, id)
        row.key = patched(caller, row.key, patch, self._database.clock.now())
        return self._changed("key.change", row.key)

    async def revoke_key(self, caller: Caller, id: UUID) -> Key:
        row = self._seen(self._current(caller), id)
        if row.key.revoked_at is None:
            row.key = replace(row.key, revoked_at=self._database.clock.now())
            row.secrets = {}
            self._changed("key.revoke", row.key)
        return row.key

    async def rotate_key(self, caller: Caller, id: UUID, secret: KeptSecret, *, overlap: float) -> Key | None:
        caller = self._current(caller)
        row = self._seen(caller, id)
        require_rotatable(caller, row.key)
        if secret.version != row.key.version + 1:
            return None
        current, _ = row.secrets[row.key.version]
        row.secrets = {row.key.version: (current, self._database.clock.in_(overlap))} if overlap > 0 else {}
        row.secrets[secret.version] = (secret, None)
        row.key = replace(row.key, version=secret.version)
        return self._changed("key.rotate", row.key)

    def _current(self, caller: Caller) -> Caller:
        self._database.reach()
        if caller.kind == "key":
            row = self._database.api_keys.get(UUID(caller.id))
            if row is None or row.key.revoked_at is not None or self._database.clock.has_passed(row.key.expires_at):
                raise UnauthenticatedError(UnauthenticatedError.example)
            caller = replace(caller, permissions=Permissions(row.key.scopes), expires_at=row.key.expires_at)
        require_admin(caller)
        return caller

    def _seen(self, caller: Caller, id: UUID) -> ApiKeyRow:
        row = self._database.api_keys.get(id)
        if row is None or not is_seen_by(caller, row.key):
            raise NoSuchKeyError
        return row

    def _changed(self, action: ChangeAction, key: Key) -> Key:
        self._database.record(action, subject=str(key.id))
        self._changes.tell(key.access_key_id)
        return key


class FakeKeyRecords:
    """`reads` counts the lookups of credentials; `on_read` is called amid each."""

    def __init__(self, database: FakeDatabase, changes: FakeKeyChanges) -> None:
        self._database = database
        self._changes = changes
        self.reads = 0
        self.on_read: Callable[[], object] | None = None

    @property
    def _clock(self) -> FakeClock:
        return self._database.clock

    async def find_credentials(self, access_key_id: str) -> KeyCredentials | None:
        self._database.reach()
        self.reads += 1
        found = self._find(access_key_id)
        if self.on_read is not None:
            self.on_read()
        await anyio.lowlevel.checkpoint()
        return found

    async def record_uses(self, ages: Mapping[UUID, float]) -> None:
        self._database.reach()
        for id_, age in ages.items():
            row = self._database.api_keys.get(id_)
            if row is None:
                continue
            at, recorded = self._clock.in_(-age), row.key.last_used_at
            if recorded is None or recorded < self._clock.in_(-age - 240):
                row.key = replace(row.key, last_used_at=at)

    async def list_stale_secrets(self, current_id: bytes, *, limit: int, offset: int = 0) -> list[StaleSecret]:
        self._database.reach()
        stale = [
            StaleSecret(key_id=id_, kept=kept)
            for id_, row in sorted(self._database.api_keys.items())
            for _, (kept, _) in sorted(row.secrets.items())
            if not kept.sealed.startswith(current_id)
        ]
        return stale[offset:][:limit]

    async def replace_secret(self, stale: StaleSecret, renewed: KeptSecret) -> None:
        self._database.reach()
        row, version = self._database.api_keys[stale.key_id], stale.kept.version
        kept, ends_at = row.secrets.get(version, (None, None))
        if kept == stale.kept:
            row.secrets[version] = (renewed, ends_at)
            self._changes.tell(row.key.access_key_id)

    async def forget_secrets(self, *, limit: int) -> int:
        self._database.reach()
        ended = [
            (row, version)
            for row in self._database.api_keys.values()
            for version, (_, ends_at) in row.secrets.items()
            if self._clock.has_passed(ends_at)
        ][:limit]
        for row, version in ended:
            del row.secrets[version]
        return len(ended)

    def _find(self, access_key_id: str) -> KeyCredentials | None:
        for row in self._database.api_keys.values():
            key = row.key
            if key.access_key_id != access_key_id:
                continue
            if key.revoked_at is not None or self._clock.has_passed(key.expires_at):
                return None
            secrets = tuple(
                KeySecret(kept=kept, seconds_left=_left(self._clock, ends_at))
                for _, (kept, ends_at) in sorted(row.secrets.items(), reverse=True)
                if not self._clock.has_passed(ends_at)
            )
            return KeyCredentials(
                id=key.id,
                scopes=key.scopes,
                secrets=secrets,
                expires_at=key.expires_at,
                limits=key.limits,
                seconds_left=_left(self._clock, key.expires_at),
            )
        return None


def _left(clock: FakeClock, time: datetime | None) -> float | None:
    return None if time is None else (time - clock.now()).total_seconds()
