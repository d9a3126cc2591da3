"""Made-up files, in the order in which they came in: names, types, tags and metadata as a team's service has them.

Files that were stored together lie together: in a folder, under a project's tag, in time. So most prefixes and tags
are of one month among many, as in life, and a listing that looks for them among the newest files goes a long way.
"""

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

BUCKETS = (
    "media", "documents", "photos", "backups", "invoices", "exports", "models", "logs", "mail", "public-assets",
    "legal", "research", "support", "design", "sound", "maps", "scans", "drafts", "tickets", "archive",
)  # fmt: skip
PUBLIC_BUCKET = "public-assets"
# The first bucket has a third of the files, the last one a hundredth.
_BUCKET_WEIGHTS = list(accumulate(1 / (rank + 1) for rank in range(len(BUCKETS))))
# Type, extension, a weight and the median of the sizes.
_TYPES = (
    ("image/jpeg", "jpg", 400, 2_500_000), ("application/pdf", "pdf", 150, 300_000),
    ("image/png", "png", 120, 400_000), ("text/plain; charset=utf-8", "txt", 80, 4_000),
    ("application/json", "json", 80, 2_000), ("video/mp4", "mp4", 50, 60_000_000),
    ("audio/mpeg", "mp3", 40, 6_000_000), ("text/csv", "csv", 30, 80_000), ("application/zip", "zip", 20, 9_000_000),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", 20, 60_000),
    ("image/webp", "webp", 6, 90_000), ("application/x-parquet", "parquet", 3, 40_000_000),
    ("model/gltf-binary", "glb", 1, 12_000_000),
)  # fmt: skip
_TYPE_WEIGHTS = list(accumulate(weight for _, _, weight, _ in _TYPES))
_TEAMS = ("atlas", "borealis", "cobalt", "delta", "ember", "fjord", "garnet", "harbour", "indigo", "juniper")
_SUBJECTS = (
    "report", "invoice", "portrait", "landscape", "minutes", "contract", "interview", "sketch", "survey", "poster",
    "label", "chart", "Überblick", "résumé", "写真", "отчёт", "café", "plan", "letter", "cover",
)  # fmt: skip
_STATES = ("draft", "reviewed", "approved", "published")
_REGIONS = ("eu", "us", "apac")
_LIVED_YEARS = 3
_FILES_IN_FOLDER = 120
_PROJECTS = 40_000
_RARE = 5_000


class Row(NamedTuple):
    """A file. A copy has the blob of a file before it."""

    id: UUID
    is_copy: bool
    blob_key: str
    sha256: str
    bucket: str
    name: str
    content_type: str
    size: int
    metadata: dict[str, object]
    tags: list[str]
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


def made_up(count: int, seed: int, now: datetime) -> Iterator[Row]:
    """Yield `count` files of the three years before `now`; the same for the same arguments."""
    chance = random.Random(seed)
    begin = now - timedelta(days=365 * _LIVED_YEARS)
    step = (now - begin) / (count + 1)
    folders: dict[str, tuple[str, int, int]] = {}
    kept: tuple[str, str, int, str, str] | None = None
    for number in range(count):
        created_at = begin + step * number
        [bucket] = chance.choices(BUCKETS, cum_weights=_BUCKET_WEIGHTS)
        folder, project, left = folders.get(bucket, ("", 0, 0))
        if not left:
            project = chance.randrange(_PROJECTS)
            folder = f"{chance.choice(_TEAMS)}/{created_at:%Y/%m}/project-{project}/{number:x}"
            left = chance.randint(1, 2 * _FILES_IN_FOLDER)
        folders[bucket] = (folder, project, left - 1)
        [(content_type, extension, _, median)] = chance.choices(_TYPES, cum_weights=_TYPE_WEIGHTS)
        subject = chance.choice(_SUBJECTS)
        size = int(chance.lognormvariate(0, 1.2) * median)
        key, sha256 = _made_id(chance, created_at).hex, hashlib.sha256(b"%d" % number).hexdigest()
        is_copy = kept is not None and chance.random() < 0.02
        if kept is not None and is_copy:
            key, sha256, size, content_type, extension = kept
        elif chance.random() < 0.1:
            kept = (key, sha256, size, content_type, extension)
        changed = chance.random() < 0.2
        yield Row(
            id=_made_id(chance, created_at),
            is_copy=is_copy,
            blob_key=key,
            sha256=sha256,
            bucket=bucket,
            name=f"{folder}/{subject} {left:03}.{extension}",
            content_type=content_type,
            size=size,
            metadata=_metadata(chance, project, created_at),
            tags=_tags(chance, project, number, count),
            revision=chance.randint(2, 6) if changed else 1,
            created_at=created_at,
            updated_at=created_at + (now - created_at) * chance.random() if changed else created_at,
            expires_at=_expiry(chance, now),
        )


def _made_id(chance: random.Random, at: datetime) -> UUID:
    """Return a UUIDv7 of that time."""
    bits = chance.getrandbits(74)
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | bits >> 62 << 64 | 0b10 << 62 | bits & (1 << 62) - 1)


def _metadata(chance: random.Random, project: int, created_at: datetime) -> dict[str, object]:
    metadata: dict[str, object] = {
        "project": project,
        "customer": {"id": project % 2_000, "region": _REGIONS[project % 3]},
        "state": _STATES[min(3, int(chance.expovariate(0.9)))],
        "score": round(chance.random() * 100, 2),
    }
    if chance.random() < 0.5:
        metadata["author"] = f"author-{int(chance.paretovariate(0.7)) % 30_000}"
    if chance.random() < 0.3:
        metadata["taken"] = created_at.date().isoformat()
    return metadata


def _tags(chance: random.Random, project: int, number: int, count: int) -> list[str]:
    tags = [f"project-{project}"] if chance.random() < 0.7 else []
    if chance.random() < 0.3:
        tags.append("reviewed")
    if chance.random() < 0.02:
        tags.append("favourite")
    if chance.random() < 1 / _RARE:
        tags.append("rare")
    if number < count // 50:
        tags.append("imported")  # only the oldest files have it
    return tags


def _expiry(chance: random.Random, now: datetime) -> datetime | None:
    drawn = chance.random()
    if drawn < 0.0002:
        return now - timedelta(minutes=chance.randint(1, 600))
    return now + timedelta(days=1 + 365 * chance.random()) if drawn < 0.05 else None
