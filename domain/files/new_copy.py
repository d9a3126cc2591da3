"""A copy that may take the place of another file, and may differ from its original in all but the bytes."""

import msgspec

from domain.files.attributes import NO_ATTRIBUTES, Attributes, ContentHeaders
from domain.files.metadata import JsonObject
from domain.files.model import File, Location, NewFile
from domain.values.preconditions import NO_PRECONDITION, Precondition


class NewCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy to make at `to` of the file at `source`. What is None is as in the original.

    The `source_precondition` is of the original, `precondition` of the file that has the name already, if one has.
    """

    source: Location
    to: Location
    content_type: str | None = None
    metadata: JsonObject | None = None
    headers: ContentHeaders | None = None
    labels: dict[str, str] | None = None
    source_precondition: Precondition = NO_PRECONDITION
    precondition: Precondition = NO_PRECONDITION

    def of(self, original: File) -> NewFile:
        """Return the file that a copy of `original` is."""
        has = original.attributes or NO_ATTRIBUTES
        return NewFile(
            bucket=self.to.bucket,
            name=self.to.name,
            content_type=original.content_type if self.content_type is None else self.content_type,
            metadata=original.metadata if self.metadata is None else self.metadata,
            tags=original.tags,
            attributes=Attributes(
                headers=has.headers if self.headers is None else self.headers,
                labels=has.labels if self.labels is None else self.labels,
                sums=has.sums,
            ),
            size=original.size,
            precondition=self.precondition,
        )
