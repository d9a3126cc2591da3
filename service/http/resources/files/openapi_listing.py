"""The parameters of a listing of files."""

from collections.abc import Mapping

from domain.values.media_types import MAX_CONTENT_TYPE_LENGTH
from service.http.openapi import examples, patterns
from service.http.openapi.operation import Meaning

_TEXT = {"pattern": patterns.STORABLE}

LISTING: Mapping[str, Meaning] = {
    "bucket": Meaning("Files in this bucket.", "music", _TEXT),
    "prefix": Meaning("Files whose names begin so.", "queen/", _TEXT),
    "name": Meaning("Files of exactly this name.", examples.FILE.name, _TEXT),
    "search": Meaning(
        "Files whose names have, for each of these words, one that begins with it. Case does not matter; a word is a "
        "run of letters and digits, of which there must be one.",
        "night oper",
        {"minLength": 1},
    ),
    "content_type": Meaning(
        "Files of this type: `type/subtype` or `type/*`. Parameters of the file's type do not count.",
        "audio/*",
        {"pattern": patterns.TYPE_PATTERN, "maxLength": MAX_CONTENT_TYPE_LENGTH},
    ),
    "tag": Meaning(
        "Files that have this tag; repeated, all of them.",
        ["album", "lossless"],
        {"items": {"type": "string", **_TEXT}},
    ),
    "metadata": Meaning(
        "Files whose metadata contain this JSON object.", {"artist": "Queen"}, {"type": "object"}, is_json=True
    ),
    "where": Meaning(
        "A filter in JSON, over fields and paths into metadata.",
        {"metadata.artist": {"ilike": "%queen%"}, "size": {"gte": 1024}},
        {"$ref": "#/components/schemas/Where"},
        is_json=True,
    ),
    "min_size": Meaning("Files of at least so many bytes.", 1024),
    "max_size": Meaning("Files of at most so many bytes.", 104_857_600),
    "created_after": Meaning("Files created at this time or later.", "2026-11-01T00:00:00Z", {"format": "date-time"}),
    "created_before": Meaning("Files created before this time.", "2026-12-01T00:00:00Z", {"format": "date-time"}),
    "updated_after": Meaning("Files changed at this time or later.", "2026-11-01T00:00:00Z", {"format": "date-time"}),
    "updated_before": Meaning("Files changed before this time.", "2026-12-01T00:00:00Z", {"format": "date-time"}),
    "sort": Meaning(
        "Up to four fields, `metadata.key` among them, with commas between; `-` before one for descending. Files "
        "without a value come last. Without it: the newest first.",
        examples.SORT,
        {"pattern": patterns.SORT},
    ),
    "limit": Meaning("At most so many items.", 20),
    "cursor": Meaning(
        "The page after another: that one's `next`. It goes with the same sort only.", examples.PAGE.next
    ),
    "offset": Meaning("Leave out so many items first. A cursor is faster, and never skips or repeats.", 40),
    "total": Meaning("Whether to count all files that pass the filters.", True),
}
