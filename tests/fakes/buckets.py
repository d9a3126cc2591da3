"""Buckets in memory."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.access.callers import SYSTEM
from domain.access.scopes import Permissions, Scope
from domain.buckets.errors import BucketNotEmptyError
from domain.buckets.model import Bucket, BucketChange, Policy
from domain.idempotency.model import KeyClaim
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.fakes.database import BucketRow, FakeDatabase
from tests.fakes.idempotency import check_claim, finish_claim


class FakeBuckets:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def put_bucket(
        self,
        name: str,
        policy: Policy,
        claim: KeyClaim | None = None,
        *,
        precondition: Precondition = NO_PRECONDITION,
    ) -> tuple[Bucket, bool]:
        self._database.reach()
        check_claim(self._database, claim)
        row = self._database.buckets.get(name)
        precondition.check_untagged(exists=row is not None)
        created_at = row.created_at if row else self._database.clock.now()
        if row is None or row.policy != policy:
            self._database.record("bucket.change" if row else "bucket.create", bucket=name)
        labels = row.labels if row else {}
        self._database.buckets[name] = BucketRow(policy=policy, created_at=created_at, labels=labels)
        result = await self.get_bucket(name), row is None
        finish_claim(self._database, claim, result)
        return result

    async def get_bucket(self, name: str) -> Bucket:
        self._database.reach()
        row = self._database.bucket(name)
        return Bucket(
            name=name,
            policy=row.policy,
            created_at=row.created_at,
            usage=self._database.usage(name),
            labels=row.labels,
        )

    async def get_policy(self, name: str) -> Policy:
        self._database.reach()
        return self._database.bucket(name).policy

    async def change_bucket(self, name: str, change: BucketChange) -> None:
        self._database.reach()
        row = self._database.bucket(name)
        policy = row.policy if change.cors is None else replace(row.policy, cors=change.cors)
        changed = BucketRow(policy, row.created_at, row.labels if change.labels is None else change.labels)
        if changed != row:
            self._database.buckets[name] = changed
            self._database.record("bucket.change", bucket=name)

    async def list_buckets(
        self, patterns: Sequence[str], *, after: str | None, limit: int, prefix: str = ""
    ) -> list[Bucket]:
        self._database.reach()
        names = sorted(name for name in self._database.buckets if name.startswith(prefix) and name > (after or ""))
        seen = Permissions(tuple(Scope(actions=("list",), bucket=each) for each in patterns))
        names = [name for name in names if seen.show_bucket(name)]
        return [await self.get_bucket(name) for name in names[:limit]]

    async def delete_bucket(self, name: str, precondition: Precondition = NO_PRECONDITION) -> None:
        self._database.reach()
        self._database.bucket(name)
        precondition.check_untagged(exists=True)
        if any(file.bucket == name for file in self._database.unexpired_files()):
            raise BucketNotEmptyError(f"The bucket {name} holds files.")
        for file in [file for file in self._database.files.values() if file.bucket == name]:
            self._database.remove_file(file.id, "file.expire", caller=SYSTEM)
        for id_ in [id_ for id_, row in self._database.links.items() if row.link.bucket == name]:
            del self._database.links[id_]
        del self._database.buckets[name]
        self._database.record("bucket.delete", bucket=name)
