"""Sorts and cursors."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.files.model import File
from domain.files.search.errors import InvalidSortError
from domain.files.search.fields import Column, MetadataPath
from domain.files.search.model import SortKey, decode_cursor, encode_cursor, parse_sort
from domain.values.errors import InvalidCursorError
from domain.values.ids import new_id


def file_with(**metadata: Any) -> File:
    now = datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    return File(
        id=new_id(),
        bucket="default",
        name="Ünïcode/a",
        content_type="text/plain",
        size=5,
        sha256="0" * 64,
        blob_key="k",
        metadata=metadata,
        tags=(),
        revision=1,
        created_at=now,
        updated_at=now,
    )


def test_a_sort_names_fields_and_paths_and_directions() -> None:
    assert parse_sort("-metadata.released.year,name") == (
        SortKey(MetadataPath(("released", "year")), descending=True),
        SortKey(Column("name")),
    )


@pytest.mark.parametrize("sort", ["", "-", "nope", "name,", "--name", "metadata", "metadata.a\0", "id,id,id,id,id"])
def test_an_unknown_sort_is_refused(sort: str) -> None:
    with pytest.raises(InvalidSortError):
        parse_sort(sort)


def test_a_cursor_restores_the_position_in_the_types_of_the_fields() -> None:
    file = file_with(a="x" * 300, b={"no": "scalar"})
    sort = parse_sort("created_at,-size,name,metadata.a")
    position = decode_cursor(encode_cursor(file, sort), sort)
    assert position.values == (file.created_at, 5, "Ünïcode/a", "x" * 200)
    assert position.id == file.id
    without = parse_sort("expires_at,metadata.b,metadata.c,id")
    assert decode_cursor(encode_cursor(file, without), without).values == (None, None, None, str(file.id))


def test_a_cursor_with_an_impossible_id_is_refused() -> None:
    # Of the sort "id", at the value "x".
    cursor = "WyJpZCIsWyJ4Il0sIjAxYTFmYmI1LTRlODYtNzJiMi05N2QyLTg4MzU1NGMwOTM5ZCJd"
    with pytest.raises(InvalidCursorError):
        decode_cursor(cursor, parse_sort("id"))


def test_a_cursor_without_a_time_that_every_file_has_is_refused() -> None:
    sort = parse_sort("created_at")
    cursor = base64.b64encode(b'["created_at",[null],"01a1fbb5-4e86-72b2-97d2-883554c0939d"]').decode()
    with pytest.raises(InvalidCursorError):
        decode_cursor(cursor, sort)


def test_a_cursor_of_another_sort_is_refused() -> None:
    cursor = encode_cursor(file_with(), parse_sort("size"))
    with pytest.raises(InvalidCursorError, match="another sort"):
        decode_cursor(cursor, parse_sort("-size"))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "é",
        "AAAA",
        "W10",
        "bnVsbA",
        # ["size",["x"],"01a1fbb5-4e86-72b2-97d2-883554c0939d"]: no number
        "WyJzaXplIixbIngiXSwiMDFhMWZiYjUtNGU4Ni03MmIyLTk3ZDItODgzNTU0YzA5MzlkIl0",
        # ["size",[],"01a1fbb5-4e86-72b2-97d2-883554c0939d"]: no value
        "WyJzaXplIixbXSwiMDFhMWZiYjUtNGU4Ni03MmIyLTk3ZDItODgzNTU0YzA5MzlkIl0",
    ],
)
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor(cursor, parse_sort("size"))
