"""The tags of an object, which are labels here: a file's tags are words (User Guide, "Categorizing your objects")."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from domain.values.labels import check_labels
from service.s3.errors import S3Error
from service.s3.xml import Node, Xml, element, text

MAX_LABELS = 10


def labels_in_header(value: str) -> dict[str, str]:
    """Return the labels in `x-amz-tagging`, which is encoded as a query: `key` is as `key=`. Raises `S3Error`."""
    if not value:
        return {}
    try:
        pairs = parse_qsl(value, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        raise S3Error(
            "InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded."
        ) from None
    return distinct_labels(pairs)


def labels_in_xml(tagging: Node, *, limit: int = MAX_LABELS) -> dict[str, str]:
    """Return the labels in a `Tagging` document, `limit` at most. Raises `S3Error`."""
    tag_set = tagging.find("TagSet")
    if tag_set is None or any(each.name != "Tag" for each in tag_set.children):
        raise S3Error("MalformedXML", "The XML is not of the schema that the operation has.")
    pairs = []
    for tag in tag_set.all("Tag"):
        key, value = tag.get("Key"), tag.get("Value")
        if key is None or value is None:
            raise S3Error("MalformedXML", "A tag has a Key and a Value.")
        pairs.append((key, value))
    return distinct_labels(pairs, limit=limit)


def distinct_labels(pairs: Iterable[tuple[str, str]], *, limit: int = MAX_LABELS) -> dict[str, str]:
    """Return the labels, `limit` at most. Raises `InvalidLabelsError`, and `S3Error` for a key that stands twice."""
    labels: dict[str, str] = {}
    for key, value in pairs:
        if key in labels:
            raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key", {"TagKey": key})
        labels[key] = value
    return check_labels(labels, limit)


def tag_set(labels: dict[str, str]) -> Xml:
    """Return the element of the labels, in the order of their keys: they are kept in none."""
    return element("TagSet", *(element("Tag", text("Key", key), text("Value", labels[key])) for key in sorted(labels)))
