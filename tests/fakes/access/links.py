"""Links in memory."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from domain.audit.model import ChangeAction
from domain.links.errors import no_such_link
from domain.links.model import (
    ATTEMPT_SECONDS,
    MAX_ATTEMPTS,
    RESUME_SECONDS,
    FoundLink,
    Link,
    Maker,
    NewLink,
)
from domain.values.ids import new_id
from tests.fakes.database import FakeDatabase, LinkAddressRow, LinkRow


class FakeLinks:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def create_link(self, new: NewLink) -> Link:
        self._database.reach()
        if new.bucket is not None:
            self._database.bucket(new.bucket)
        now = self._database.clock.now()
        link = Link(
            id=new_id(),
            kind=new.kind,
            maker=new.maker if new.maker.kind == "token" else replace(new.maker, scopes=()),
            secret=new.secret,
            created_at=now,
            expires_at=new.expiry(now),
            file_id=new.file_id,
            password_hash=new.password_hash,
            max_downloads=new.max_downloads,
            filename=new.filename,
            bucket=new.bucket,
            name=new.name,
            prefix=new.prefix,
            max_file_size=new.max_file_size,
            allowed_types=new.allowed_types,
            max_files=new.max_files,
        )
        self._database.links[link.id] = LinkRow(link=link, token_hash=new.token_hash)
        self._record("link.create", link)
        return link

    async def get_link(self, id: UUID) -> Link:
        return self._row(id).link

    async def find_link(self, token_hash: bytes) -> FoundLink:
        self._database.reach()
        for row in self._database.links.values():
            if row.token_hash == token_hash:
                return FoundLink(row.link, self._database.clock.now())
        raise no_such_link()

    async def list_links(
        self,
        *,
        file_id: UUID | None = None,
        bucket: str | None = None,
        owner: Maker | None,
        after: UUID | None,
        limit: int,
    ) -> list[Link]:
        self._database.reach()
        links = sorted((row.link for row in self._database.links.values()), key=lambda link: link.id, reverse=True)
        return [
            link
            for link in links
            if (link.bucket == bucket if file_id is None else link.file_id == file_id)
            and link.revoked_at is None
            and (owner is None or (link.maker.kind, link.maker.id) == (owner.kind, owner.id))
            and (after is None or link.id < after)
        ][:limit]

    async def revoke_link(self, id: UUID) -> None:
        row = self._row(id)
        if row.link.revoked_at is None:
            row.link = replace(row.link, revoked_at=self._database.clock.now())
            self._record("link.revoke", row.link)

    async def count_use(self, id: UUID, address: str) -> bool:
        self._database.reach()
        row = self._database.links.get(id)
        if row is None or row.link.is_used_up or self._has_ended(row.link):
            return False
        row.link = replace(row.link, used=row.link.used + 1)
        self._address(id, address).used_at = self._database.clock.now()
        self._record("link.use", row.link)
        return True

    async def give_use_back(self, id: UUID) -> None:
        row = self._row(id)
        row.link = replace(row.link, used=max(row.link.used - 1, 0))

    async def was_used_from(self, id: UUID, address: str) -> bool:
        self._database.reach()
        known = self._database.link_addresses.get((id, address))
        return known is not None and self._is_recent(known.used_at, RESUME_SECONDS)

    async def count_attempt(self, id: UUID, address: str) -> float:
        self._database.reach()
        known = self._address(id, address)
        recent = tuple(each for each in known.attempted_at if self._is_recent(each, ATTEMPT_SECONDS))
        now = self._database.clock.now()
        if len(recent) >= MAX_ATTEMPTS:
            return ATTEMPT_SECONDS - (now - recent[0]).total_seconds()
        known.attempted_at = (*recent, now)
        return 0.0

    async def forgive_attempt(self, id: UUID, address: str) -> None:
        known = self._address(id, address)
        known.attempted_at = known.attempted_at[:-1]

    async def forget_links(self, *, kept: float, limit: int) -> int:
        self._database.reach()
        before = self._database.clock.in_(-kept)
        links = [row.link for row in self._database.links.values()]
        ended = [link.id for link in links if (end := _end_of(link)) is not None and end <= before][:limit]
        for id_ in ended:
            del self._database.links[id_]
        orphans = [
            link.id
            for link in links
            if link.file_id is not None and _end_of(link) is None and link.file_id not in self._database.files
        ][:limit]
        for id_ in orphans:
            row = self._database.links[id_]
            row.link = replace(row.link, expires_at=self._database.clock.now())
        return len(ended) + len(orphans) + self._forget_addresses(limit)

    def _forget_addresses(self, limit: int) -> int:
        stale = [
            key
            for key, known in self._database.link_addresses.items()
            if not self._is_recent(known.used_at, RESUME_SECONDS)
            and not any(self._is_recent(each, ATTEMPT_SECONDS) for each in known.attempted_at)
        ][:limit]
        for key in stale:
            del self._database.link_addresses[key]
        return len(stale)

    def _record(self, action: ChangeAction, link: Link) -> None:
        bucket, name = link.bucket, link.prefix if link.name is None else link.name
        if link.file_id in self._database.files:
            file = self._database.files[link.file_id]
            bucket, name = file.bucket, file.name
        self._database.record(action, bucket=bucket, file_id=link.file_id, name=name, subject=link.id)

    def _row(self, id: UUID) -> LinkRow:
        self._database.reach()
        if id not in self._database.links:
            raise no_such_link()
        return self._database.links[id]

    def _address(self, id: UUID, address: str) -> LinkAddressRow:
        self._database.reach()
        return self._database.link_addresses.setdefault((id, address), LinkAddressRow())

    def _is_recent(self, time: datetime | None, seconds: float) -> bool:
        return time is not None and time > self._database.clock.in_(-seconds)

    def _has_ended(self, link: Link) -> bool:
        return link.revoked_at is not None or self._database.clock.has_passed(link.expires_at)


def _end_of(link: Link) -> datetime | None:
    ends = [each for each in (link.expires_at, link.revoked_at) if each is not None]
    return min(ends, default=None)
