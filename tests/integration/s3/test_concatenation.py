"""The plan of a concatenation: the stretches of the sources that make each part."""

from random import Random

import pytest

from adapters.s3.multipart.concatenation import plan
from adapters.s3.multipart.parts import LEAST_PART_SIZE, MAX_PARTS

MIB = 1024**2
GIB = 1024**3
TIB = 1024**4

Source = tuple[str, int]


def drawn(seed: int) -> list[Source]:
    random = Random(seed)
    bounds = (0, 1, LEAST_PART_SIZE - 1, LEAST_PART_SIZE, LEAST_PART_SIZE + 1, 64 * MIB, 70 * MIB, 10 * GIB)
    sizes = [random.randint(0, random.choice(bounds)) for _ in range(random.randint(0, 20))]
    return [(str(number), size) for number, size in enumerate(sizes)]


@pytest.mark.parametrize("sources", [*map(drawn, range(200)), [("all", 5 * TIB)], [("a", 3 * TIB), ("b", 2 * TIB)]])
def test_the_parts_have_all_bytes_in_order_and_sizes_that_s3_takes(sources: list[Source]) -> None:
    parts = plan(sources)
    stretches = [stretch for part in parts for stretch in part]
    at = 0
    for object_key, size in sources:
        start = 0
        while start < size:
            stretch = stretches[at]
            assert (stretch.object_key, stretch.part.start) == (object_key, start)
            start, at = stretch.part.end, at + 1
        assert start == size
    assert at == len(stretches)
    lengths = [sum(stretch.part.length for stretch in part) for part in parts]
    assert all(length >= LEAST_PART_SIZE for length in lengths[:-1])
    assert all(length <= 5 * GIB for length in lengths)
    assert len(parts) <= MAX_PARTS


def test_a_part_that_is_read_fits_in_memory() -> None:
    for sources in map(drawn, range(200)):
        for part in plan(sources):
            if len(part) > 1:
                assert sum(stretch.part.length for stretch in part) <= LEAST_PART_SIZE


def test_a_long_source_is_copied_although_a_short_one_comes_before_it() -> None:
    first, *others = plan([("short", 1), ("long", 200 * MIB)])
    assert [stretch.object_key for stretch in first] == ["short", "long"]
    assert [[stretch.object_key for stretch in part] for part in others] == [["long"]] * len(others)
    assert len(others) <= 4
