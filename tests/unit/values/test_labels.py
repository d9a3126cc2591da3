"""Which labels files and buckets may have."""

import pytest

from domain.values.errors import InvalidLabelsError
from domain.values.labels import check_labels


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"a": ""},
        {"k" * 128: "v" * 256},
        {"größe": "é e\u0301 ١"},
        {"a b+-=._:/@": " +-=._:/@"},
        {"Aws": "x", "law:s": "x"},
        {str(number): "x" for number in range(50)},
    ],
)
def test_labels_stay_as_they_are(labels: dict[str, str]) -> None:
    assert check_labels(labels, 50) == labels


@pytest.mark.parametrize(
    "labels",
    [
        {"": "a"},
        {"k" * 129: "a"},
        {"a": "v" * 257},
        {"a&b": "a"},
        {"a": "a\n"},
        {"a": "<"},
        {"a": "\ud800"},
        {"a": "\0"},
        {"aws:a": "b"},
        {"AWS:a": "b"},
        {str(number): "x" for number in range(51)},
    ],
)
def test_other_labels_are_refused(labels: dict[str, str]) -> None:
    with pytest.raises(InvalidLabelsError):
        check_labels(labels, 50)
