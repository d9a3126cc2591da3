"""The parts of direct uploads."""

import pytest

from domain.buckets.model import MAX_FILE_BYTES
from domain.direct_uploads.errors import InvalidPartSizeError
from domain.direct_uploads.model import MAX_PART_SIZE, MAX_PARTS, MIB, MIN_PART_SIZE, choose_part_size, part_count


@pytest.mark.parametrize(
    ("size", "part_size"),
    [
        (0, 64 * MIB),
        (640_000 * MIB, 64 * MIB),
        (640_000 * MIB + 1, 65 * MIB),
        (MAX_FILE_BYTES, 525 * MIB),
    ],
)
def test_parts_are_as_large_as_the_number_of_them_asks_for(size: int, part_size: int) -> None:
    assert choose_part_size(size, None) == part_size
    assert part_count(size, part_size) <= MAX_PARTS


@pytest.mark.parametrize(
    ("size", "wanted"), [(1, MIN_PART_SIZE), (MAX_FILE_BYTES, MAX_PART_SIZE), (MAX_PARTS * 6 * MIB, 6 * MIB)]
)
def test_a_wanted_size_is_used(size: int, wanted: int) -> None:
    assert choose_part_size(size, wanted) == wanted


@pytest.mark.parametrize(
    ("size", "wanted"),
    [(1, MIN_PART_SIZE - 1), (1, MAX_PART_SIZE + 1), (MAX_PARTS * 6 * MIB + 1, 6 * MIB), (1, -1), (1, 0)],
)
def test_a_size_that_the_store_does_not_take_is_refused(size: int, wanted: int) -> None:
    with pytest.raises(InvalidPartSizeError):
        choose_part_size(size, wanted)


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)])
def test_an_empty_file_is_one_part(size: int, count: int) -> None:
    assert part_count(size, 10) == count
