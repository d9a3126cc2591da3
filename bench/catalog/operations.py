"""What is asked of the catalog: each operation with values from a file that is there, a different one each time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from bench.catalog.ports import Ports
from bench.catalog.rows import BUCKETS, PUBLIC_BUCKET
from domain.access.callers import ROOT
from domain.access.scopes import EVERYTHING, Permissions, Scope
from domain.access.visibility import Visibility, visibility_of
from domain.archives.model import MAX_ARCHIVE_FILES
from domain.audit.model import AuditQuery
from domain.batches.model import Delete
from domain.files.model import File
from domain.files.names import search_words
from domain.files.search.by_name import NameQuery
from domain.files.search.model import FileQuery, decode_cursor, encode_cursor, parse_sort
from domain.files.search.where import parse_where
from domain.jobs.model import Task

Call = Callable[[Ports, "Asked"], Awaitable[object]]
Filter = Callable[["Asked"], Mapping[str, Any]]

# A page of fifty, and one more to see whether there is another.
PAGE = 51
_NOW = datetime.now(UTC)


class Asked:
    """The file that the values are from, others, and chance."""

    def __init__(self, files: list[File], chance: Random) -> None:
        self.file = chance.choice(files)
        self.files = files
        self.chance = chance

    @property
    def folder(self) -> str:
        return self.file.name.rpartition("/")[0] + "/"

    @property
    def month(self) -> str:
        return "/".join(self.file.name.split("/")[:3]) + "/"

    @property
    def team(self) -> str:
        return self.file.name.partition("/")[0] + "/"

    def scopes(self, count: int) -> tuple[Scope, ...]:
        """Return the areas of a caller who may list so many folders."""
        files = self.chance.choices(self.files, k=count)
        granted = (
            Scope(actions=("list",), bucket=each.bucket, prefix=each.name.rpartition("/")[0] + "/") for each in files
        )
        return Permissions(tuple(granted)).areas("list")


def _where(condition: Callable[[Asked], dict[str, Any]]) -> Filter:
    return lambda asked: {"where": parse_where(condition(asked))}


FILTERS: dict[str, Filter] = {
    "none": lambda _: {},
    "bucket": lambda asked: {"bucket": asked.file.bucket},
    "public bucket": lambda _: {"bucket": PUBLIC_BUCKET},
    "folder": lambda asked: {"prefix": asked.folder},
    "folder in bucket": lambda asked: {"prefix": asked.folder, "bucket": asked.file.bucket},
    "month in bucket": lambda asked: {"prefix": asked.month, "bucket": asked.file.bucket},
    "team in bucket": lambda asked: {"prefix": asked.team, "bucket": asked.file.bucket},
    "month": lambda asked: {"prefix": asked.month},
    "team": lambda asked: {"prefix": asked.team},
    "prefix of two forms": lambda asked: {"prefix": asked.folder + "Ü"},
    "prefix of none": lambda _: {"prefix": "zz/"},
    "name": lambda asked: {"name": asked.file.name},
    "one word": lambda asked: {"words": search_words(asked.file.name.rpartition("/")[2])[:1]},
    "two words": lambda asked: {"words": search_words(asked.file.name)[-3:-1]},
    "rare words": lambda asked: {"words": search_words(asked.file.name)},
    "word of none": lambda _: {"words": ("zzyzx",)},
    "beginning of many words": lambda _: {"words": ("1",)},
    "type": lambda asked: {"content_type": asked.file.content_type.partition(";")[0]},
    "rare type": lambda _: {"content_type": "model/gltf-binary"},
    "rare type in bucket": lambda asked: {"content_type": "model/gltf-binary", "bucket": asked.file.bucket},
    "types": lambda _: {"content_type": "image/*"},
    "type of none": lambda _: {"content_type": "font/woff2"},
    "frequent tag": lambda _: {"tags": ("reviewed",)},
    "tag of two in a hundred": lambda _: {"tags": ("favourite",)},
    "tag of old files": lambda _: {"tags": ("imported",)},
    "tag of a project": lambda asked: {"tags": (f"project-{asked.file.metadata['project']}",)},
    "rare tag": lambda _: {"tags": ("rare",)},
    "rare tag in bucket": lambda asked: {"tags": ("rare",), "bucket": asked.file.bucket},
    "tag of none": lambda _: {"tags": ("nowhere",)},
    "two tags": lambda _: {"tags": ("reviewed", "favourite")},
    "metadata of a project": lambda asked: {"metadata": {"project": asked.file.metadata["project"]}},
    "metadata of a customer": lambda asked: {"metadata": {"customer": asked.file.metadata["customer"]}},
    "frequent metadata": lambda _: {"metadata": {"state": "draft"}},
    "rare and frequent metadata": lambda asked: {
        "metadata": {"state": "draft", "project": asked.file.metadata["project"]}
    },
    "metadata of none": lambda _: {"metadata": {"project": -1}},
    "large": lambda _: {"min_size": 2_000_000_000},
    "small": lambda _: {"max_size": 100},
    "sizes": lambda asked: {"min_size": asked.file.size, "max_size": asked.file.size + 1000},
    "created in an old week": lambda asked: {
        "created_after": asked.file.created_at, "created_before": asked.file.created_at + timedelta(days=7),
    },
    "created since": lambda asked: {"created_after": asked.file.created_at},
    "updated before": lambda asked: {"updated_before": asked.file.updated_at},
    "old week in bucket, of a type": lambda asked: {
        "created_after": asked.file.created_at, "created_before": asked.file.created_at + timedelta(days=7),
        "bucket": asked.file.bucket, "content_type": "image/png",
    },
    "where name eq": _where(lambda asked: {"name": {"eq": asked.file.name}}),
    "where name ne": _where(lambda asked: {"name": {"ne": asked.file.name}}),
    "where name in": _where(lambda asked: {"name": {"in": [each.name for each in asked.files[:20]]}}),
    "where name lt": _where(lambda asked: {"name": {"lt": asked.file.name}}),
    "where name like its beginning": _where(lambda asked: {"name": {"like": asked.folder + "%"}}),
    "where name like its end": _where(lambda _: {"name": {"like": "%.glb"}}),
    "where name ilike": _where(lambda asked: {"name": {"ilike": "%" + asked.file.name.rpartition("/")[2].upper()}}),
    "where name ilike none": _where(lambda _: {"name": {"ilike": "%zzyzx%"}}),
    "where type like": _where(lambda _: {"content_type": {"like": "%gltf%"}}),
    "where bucket in": _where(lambda _: {"bucket": {"in": ["scans", "maps"]}}),
    "where bucket ne": _where(lambda _: {"bucket": {"ne": "media"}}),
    "where id eq": _where(lambda asked: {"id": {"eq": str(asked.file.id)}}),
    "where id in": _where(lambda asked: {"id": {"in": [str(each.id) for each in asked.files[:50]]}}),
    "where sha256 eq": _where(lambda asked: {"sha256": {"eq": asked.file.sha256}}),
    "where sha256 like": _where(lambda asked: {"sha256": {"like": asked.file.sha256[:8] + "%"}}),
    "where size eq": _where(lambda asked: {"size": {"eq": asked.file.size}}),
    "where size in": _where(lambda asked: {"size": {"in": [each.size for each in asked.files[:50]]}}),
    "where size gte lt": _where(lambda asked: {"size": {"gte": asked.file.size, "lt": asked.file.size + 1000}}),
    "where revision gt": _where(lambda _: {"revision": {"gt": 5}}),
    "where revision of none": _where(lambda _: {"revision": {"gt": 50}}),
    "where created_at lte": _where(lambda asked: {"created_at": {"lte": asked.file.created_at.isoformat()}}),
    "where expires_at lt": _where(lambda _: {"expires_at": {"lt": (_NOW + timedelta(days=3)).isoformat()}}),
    "where expires_at exists": _where(lambda _: {"expires_at": {"exists": True}}),
    "where expires_at is missing": _where(lambda _: {"expires_at": {"exists": False}}),
    "where metadata eq": _where(lambda asked: {"metadata.project": {"eq": asked.file.metadata["project"]}}),
    "where metadata ne": _where(lambda _: {"metadata.state": {"ne": "draft"}}),
    "where metadata in": _where(
        lambda asked: {"metadata.project": {"in": [each.metadata["project"] for each in asked.files[:20]]}}
    ),
    "where deep metadata eq": _where(
        lambda asked: {"metadata.customer.id": {"eq": asked.file.metadata["project"] % 2000}}
    ),
    "where metadata lt": _where(lambda _: {"metadata.score": {"lt": 50}}),
    "where rare metadata lt": _where(lambda _: {"metadata.score": {"lt": 0.01}}),
    "where metadata lt none": _where(lambda _: {"metadata.score": {"lt": -1}}),
    "where metadata gte text": _where(lambda _: {"metadata.taken": {"gte": "2026-01-01"}}),
    "where metadata like": _where(lambda _: {"metadata.author": {"like": "author-1%"}}),
    "where metadata ilike": _where(lambda _: {"metadata.author": {"ilike": "%AUTHOR-29%"}}),
    "where metadata like none": _where(lambda _: {"metadata.author": {"like": "%zzyzx%"}}),
    "where metadata exists": _where(lambda _: {"metadata.taken": {"exists": True}}),
    "where metadata of none exists": _where(lambda _: {"metadata.zzyzx": {"exists": True}}),
    "where metadata is missing": _where(lambda _: {"metadata.taken": {"exists": False}}),
    "where or": _where(
        lambda asked: {
            "or": [{"size": {"eq": asked.file.size}}, {"metadata.project": {"eq": asked.chance.randrange(40_000)}}]
        }
    ),
    "where or with none": _where(
        lambda _: {"or": [{"metadata.score": {"lt": -1}}, {"name": {"ilike": "%zzyzx%"}}]}
    ),
    "where not": _where(lambda asked: {"not": {"metadata.project": {"eq": asked.file.metadata["project"]}}}),
    "where nothing": _where(lambda _: {"or": []}),
    "month in bucket, like none": lambda asked: {
        "prefix": asked.month, "bucket": asked.file.bucket, "where": parse_where({"metadata.author": {"like": "zz"}}),
    },
}  # fmt: skip

# Listings by name, as S3's clients ask for them.
NAMES: dict[str, Filter] = {
    "bucket": lambda _: {},
    "bucket, deep page": lambda asked: {"after": asked.file.name},
    "folders of a bucket": lambda _: {"delimiter": "/"},
    "folders of a team": lambda asked: {"delimiter": "/", "prefix": asked.team},
    "files of a folder": lambda asked: {"delimiter": "/", "prefix": asked.folder},
    "files of a folder, deep page": lambda asked: {
        "delimiter": "/", "prefix": asked.folder, "after": asked.file.name,
    },
    "folders of a bucket, caller of 10 scopes": lambda asked: {"delimiter": "/", "areas": asked.scopes(10)},
}  # fmt: skip

SORTS = (
    "created_at", "-created_at", "updated_at", "-updated_at", "name", "-name", "size", "-size", "content_type",
    "-content_type", "sha256", "bucket", "-bucket", "bucket,name", "-bucket,name", "expires_at", "-expires_at",
    "revision", "-revision", "id", "-id", "size,name", "-size,name", "content_type,-size", "metadata.project",
    "-metadata.score", "metadata.customer.region,name",
)  # fmt: skip
_SORTED_FILTERS = (
    "bucket", "folder in bucket", "month in bucket", "team in bucket", "rare tag", "frequent tag",
    "metadata of a customer",
)  # fmt: skip
_SORTED_BY = ("name", "-size", "updated_at", "-expires_at", "metadata.project")


def operations(files: int) -> dict[str, Call]:
    """Return the operations, by name, on a catalog with so many files. They change nothing that stays."""
    named: dict[str, Call] = {}
    for name, filter_ in FILTERS.items():
        named[f"list: {name}"] = _listing(filter_)
        named[f"total: {name}"] = _counting(filter_)
    for sort in SORTS:
        named[f"sort: {sort}"] = _listing(FILTERS["none"], sort)
        named[f"sort: {sort}, deep page"] = _listing(FILTERS["none"], sort, deep=True)
    for name in _SORTED_FILTERS:
        for sort in _SORTED_BY:
            named[f"list: {name}, sort: {sort}"] = _listing(FILTERS[name], sort)
    for depth in (1_000, 10_000, 100_000, files // 2):
        label = "half of all" if depth == files // 2 else f"{depth:,}"
        named[f"offset: {label}"] = _listing(_skipping(depth))
    named["bucket, deep page"] = _listing(FILTERS["bucket"], "-created_at", deep=True)
    named["bucket by name, deep page"] = _listing(FILTERS["bucket"], "name", deep=True)
    named["team in bucket by name, deep page"] = _listing(FILTERS["team in bucket"], "name", deep=True)
    for name, page in NAMES.items():
        named[f"names: {name}"] = _names(page)
    for count in (1, 10, 100):
        _add_scopes(named, count)
    return named | _others()


def _skipping(offset: int) -> Filter:
    return lambda _: {"offset": offset}


def _listing(filter_: Filter, sort: str = "-created_at", *, deep: bool = False) -> Call:
    order = parse_sort(sort)

    async def call(ports: Ports, asked: Asked) -> object:
        after = decode_cursor(encode_cursor(asked.file, order), order) if deep else None
        return await ports.search.list_files(FileQuery(**filter_(asked), sort=order, after=after, limit=PAGE))

    return call


def _names(page: Filter) -> Call:
    async def call(ports: Ports, asked: Asked) -> object:
        return await ports.search.list_names(NameQuery(bucket=asked.file.bucket, limit=PAGE, **page(asked)))

    return call


def _counting(filter_: Filter) -> Call:
    async def call(ports: Ports, asked: Asked) -> object:
        return await ports.search.count_files(FileQuery(**filter_(asked)))

    return call


def _add_scopes(named: dict[str, Call], count: int) -> None:
    def of(filter_: Filter) -> Filter:
        return lambda asked: {**filter_(asked), "areas": asked.scopes(count)}

    label = f"caller of {count} scope{'s' * (count > 1)}"
    for sort in ("-created_at", "name", "-size", "metadata.project"):
        named[f"{label}: sort {sort}"] = _listing(of(FILTERS["none"]), sort)
    named[f"{label}: deep page"] = _listing(of(FILTERS["none"]), deep=True)
    named[f"{label}: rare tag"] = _listing(of(FILTERS["rare tag"]))
    named[f"{label}: where metadata lt none"] = _listing(of(FILTERS["where metadata lt none"]))
    named[f"{label}: total"] = _counting(of(FILTERS["none"]))
    buckets = tuple(Scope(actions=("list",), bucket=bucket) for bucket in BUCKETS[: min(count, len(BUCKETS))])
    if count > 1:
        named[f"caller of {len(buckets)} buckets"] = _listing(lambda _: {"areas": buckets})
        named[f"caller of {len(buckets)} buckets: deep page"] = _listing(lambda _: {"areas": buckets}, deep=True)
        named[f"caller of {len(buckets)} buckets: total"] = _counting(lambda _: {"areas": buckets})


def _others() -> dict[str, Call]:
    areas = (Scope(actions=("admin",), bucket="photos", prefix="atlas/"), Scope(actions=("admin",), bucket="m*"))
    seen = visibility_of(ROOT, "admin")
    own = Visibility(owner="key:3", own=EVERYTHING.scopes, administered=())

    async def delete(ports: Ports, asked: Asked) -> object:
        chosen = asked.chance.sample(asked.files, 50)
        return await ports.batches.apply_batch(ROOT, [Delete(address=each.id) for each in chosen])

    async def step(ports: Ports, _: Asked) -> object:
        claim = await ports.jobs.claim_job(lease=60)
        return claim and await ports.jobs.advance_job(claim, lease=60, limit=50)

    async def begin(ports: Ports, asked: Asked) -> object:
        task = Task(kind="delete", bucket=asked.file.bucket, prefix=asked.folder)
        return await ports.jobs.create_job("root", task)

    def audit(filter_: Callable[[Asked], dict[str, Any]]) -> Call:
        return lambda ports, asked: ports.audit.list_entries(AuditQuery(**filter_(asked), limit=PAGE))

    by_name = parse_sort("bucket,name")
    return {
        "archive: members of a folder": lambda ports, asked: ports.archives.list_members(
            FileQuery(bucket=asked.file.bucket, prefix=asked.folder, sort=by_name, limit=MAX_ARCHIVE_FILES + 1)
        ),
        "archive: too many members": lambda ports, asked: ports.archives.list_members(
            FileQuery(bucket=asked.file.bucket, sort=by_name, limit=MAX_ARCHIVE_FILES + 1)
        ),
        "archive: a thousand ids": lambda ports, asked: ports.archives.find_members([each.id for each in asked.files]),
        "bucket: usage": lambda ports, asked: ports.buckets.get_bucket(asked.file.bucket),
        "buckets: list with usage": lambda ports, _: ports.buckets.list_buckets(("*",), after=None, limit=PAGE),
        "file: by name": lambda ports, asked: ports.files.get_file_by_name(asked.file.bucket, asked.file.name),
        "file: by id": lambda ports, asked: ports.files.get_file(asked.file.id),
        "jobs: list": lambda ports, _: ports.jobs.list_jobs(seen, after=None, limit=PAGE),
        "jobs: list one's own": lambda ports, _: ports.jobs.list_jobs(own, after=None, limit=PAGE),
        "jobs: begin": begin,
        "jobs: claim and a step of 50 deletes": step,
        "jobs: forget": lambda ports, _: ports.jobs.forget_jobs(age=604_800, limit=100),
        "batch: 50 deletes": delete,
        "audit: newest": audit(lambda _: {}),
        "audit: of a bucket": audit(lambda asked: {"bucket": asked.file.bucket}),
        "audit: of a file": audit(lambda asked: {"file_id": asked.file.id}),
        "audit: of a caller": audit(lambda _: {"caller": "key:7"}),
        "audit: of a caller in a bucket": audit(lambda _: {"caller": "key:7", "bucket": "archive"}),
        "audit: of an unknown caller": audit(lambda _: {"caller": "key:z"}),
        "audit: of a rare action": audit(lambda _: {"action": "file.delete"}),
        "audit: of an old day": audit(lambda asked: {"until": asked.file.created_at}),
        "audit: areas": audit(lambda _: {"areas": areas}),
        "audit: areas, of an unknown caller": audit(lambda _: {"areas": areas, "caller": "key:z"}),
        "reaper: expired files": lambda ports, _: ports.files.expire_files(limit=100),
        "reaper: lapsed uploads": lambda ports, _: ports.blob_records.condemn_lapsed(limit=100),
        "reaper: claim of blobs": lambda ports, _: ports.blob_records.claim_condemned(limit=100, lease=60),
        "reaper: names to fold": lambda ports, _: ports.files.fold_names(limit=100),
        "reaper: orphaned reservations": lambda ports, _: ports.quotas.release_orphaned(limit=100),
        "fsck: a page of blobs": lambda ports, asked: ports.integrity.list_blob_records(
            after=asked.file.blob_key, limit=1000
        ),
        "fsck: usage of all buckets": lambda ports, _: ports.integrity.find_miscounted_usage(),
    }  # fmt: skip
