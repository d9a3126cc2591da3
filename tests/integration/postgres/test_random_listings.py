"""Listings that nobody thought of: SQL finds what plain Python finds, in the same order, on every page."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.postgres.files.records import to_file
from adapters.postgres.files.search.listing import sorting_statement
from domain.files.model import File
from domain.files.names import search_words
from domain.files.search.by_name import NameQuery
from domain.files.search.model import FileQuery, decode_cursor, encode_cursor, parse_sort
from domain.files.search.where import parse_where
from tests.contracts.setup import FUTURE, changed, stored
from tests.fakes import search as fake_listing
from tests.support.parts.databases import OneConnection
from tests.support.parts.postgres_ports import PostgresPorts

FILES = 80
QUERIES = 250

LETTERS = ["a", "B", "b", "é", "É", "Я", "я", "1", "_", "%", "/x", " ", ".", "'", "\\", "😀", "\ud7ff", "\U0010ffff"]
LETTERS += ["e\u0301", "\u0301", "ß", "İ", "가", "\u1100\u1161", "\u11a8", "कि"]
PATTERNS = ["a", "é", "e\u0301", "Я", "가", "%", "_", "\\%", "\\\\", "\\a", "1"]
SCALARS: list[Any] = ["", "a", "A", "é", "É", "a%", "1", 0, 1, 1.5, -2, 10**25, True, False, None]
JSON: list[Any] = [*SCALARS, [], ["a", 1], {}, {"x": 1}, {"x": None}, {"x": "a", "0": 0}]
TYPES = ["text/plain", "text/html", "text/plain; charset=utf-8", "image/png", "texts/plain"]
TAGS = ["a", "b", "c d"]
PATHS = ["metadata.v", "metadata.w", "metadata.w.x", "metadata.w.0", "metadata.none"]
COLUMNS = ["id", "bucket", "name", "content_type", "sha256", "size", "revision", "created_at", "expires_at"]


def text(random: Random, *, least: int = 0) -> str:
    return "".join(random.choices(LETTERS, k=random.randint(least, 3)))


def pattern(random: Random) -> str:
    return "".join(random.choices(PATTERNS, k=random.randint(0, 3)))


def condition(random: Random, depth: int = 0) -> dict[str, Any]:
    kind = random.randrange(4 if depth < 3 else 2)
    if kind == 2:
        return {random.choice(["and", "or"]): [condition(random, depth + 1) for _ in range(random.randrange(4))]}
    if kind == 3:
        return {"not": condition(random, depth + 1)}
    return {random.choice(PATHS): member(random)} if kind else column(random)


def member(random: Random) -> dict[str, Any]:
    operator = random.choice(["eq", "ne", "in", "lt", "lte", "gt", "gte", "like", "ilike", "exists"])
    ordered = [value for value in SCALARS if value is not None and not isinstance(value, bool)]
    value: Any
    match operator:
        case "eq" | "ne":
            value = random.choice(JSON)
        case "in":
            value = random.choices(JSON, k=random.randrange(4))
        case "like" | "ilike":
            value = pattern(random)
        case "exists":
            value = random.random() < 0.5
        case _:
            value = random.choice(ordered)
    return {operator: value}


def column(random: Random) -> dict[str, Any]:
    order = random.choice(["eq", "ne", "lt", "lte", "gt", "gte"])
    return random.choice(
        [
            {"name": {order: text(random)}},
            {"name": {random.choice(["like", "ilike"]): pattern(random)}},
            {"size": {order: random.choice([0, 2, 2.0, 2.5, -0.5, 10**30])}},
            {"size": {"in": [1, 2.0, 3.5, 10**30]}},
            {"revision": {order: random.choice([1, 1.5, 2, 2**40])}},
            {"content_type": {order: random.choice(TYPES)}},
            {"expires_at": {order: FUTURE.isoformat()}},
            {"expires_at": {"exists": random.random() < 0.5}},
        ]
    )


def query(random: Random) -> FileQuery:
    filters: dict[str, Callable[[], Any]] = {
        "prefix": lambda: text(random),
        "words": lambda: search_words(text(random)),
        "content_type": lambda: random.choice(["text/*", "text/plain", "image/png", "*/*"]),
        "tags": lambda: tuple(random.sample(TAGS, k=random.randrange(3))),
        "metadata": lambda: {random.choice(["v", "w"]): random.choice(JSON)},
        "where": lambda: parse_where(condition(random)),
        "min_size": lambda: random.randrange(4),
        "max_size": lambda: random.randrange(4),
    }
    chosen = random.sample(sorted(filters), k=random.randrange(3))
    keys = random.sample([*PATHS, *COLUMNS], k=random.randint(1, 3))
    sort = ",".join(random.choice(["", "-"]) + key for key in keys)
    return FileQuery(sort=parse_sort(sort), limit=1000, **{name: filters[name]() for name in chosen})


async def sorted_page(catalog: PostgresPorts, asked: FileQuery) -> list[File]:
    """Return the page as a listing does that took too long."""
    sql, values = sorting_statement(asked)
    async with catalog.connections.connection() as connection:
        return [to_file(row) for row in await connection.fetch(sql, *values)]


async def random_files(catalog: PostgresPorts, random: Random) -> list[File]:
    files = []
    for number in range(FILES):
        metadata = {key: random.choice(JSON) for key in ("v", "w") if random.random() < 0.8}
        file = await stored(
            catalog,
            name=f"{text(random)}{number}{text(random)}",
            size=random.randrange(4),
            content_type=random.choice(TYPES),
            metadata=metadata,
            tags=tuple(random.sample(TAGS, k=random.randrange(3))),
        )
        expires_at = random.choice([None, None, FUTURE])
        files.append(await changed(catalog, file, expires_at=expires_at) if random.random() < 0.5 else file)
    return files


@pytest.mark.parametrize("seed", range(3))
async def test_random_listings_are_those_of_plain_python(one_connection: OneConnection, seed: int) -> None:
    random, catalog = Random(seed), PostgresPorts(one_connection)
    files = await random_files(catalog, random)
    for _ in range(QUERIES):
        asked = query(random)
        whole = fake_listing.page(files, asked)
        assert await catalog.search.list_files(asked) == whole, asked
        assert await catalog.search.count_files(asked) == len(whole), asked
        if whole:
            after = decode_cursor(encode_cursor(random.choice(whole), asked.sort), asked.sort)
            page = replace(asked, after=after, limit=random.randint(1, 5), offset=random.choice([0, 0, 2]))
            assert await catalog.search.list_files(page) == fake_listing.page(files, page), page
            assert await sorted_page(catalog, page) == fake_listing.page(files, page), page


@pytest.mark.parametrize("seed", range(3))
async def test_random_listings_by_name_are_those_of_plain_python(one_connection: OneConnection, seed: int) -> None:
    random, catalog = Random(seed), PostgresPorts(one_connection)
    files = await random_files(catalog, random)
    for _ in range(QUERIES):
        asked = NameQuery(bucket="default", prefix=text(random), delimiter=text(random), limit=1000)
        whole = fake_listing.entries(files, asked)
        assert await catalog.search.list_names(asked) == whole, asked
        after, pages = "", []
        while page := await catalog.search.list_names(replace(asked, after=after, limit=random.randint(1, 40))):
            pages += page
            after = page[-1].name
        assert pages == whole, asked
