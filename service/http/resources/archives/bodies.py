"""Archives in JSON."""

from typing import Annotated
from uuid import UUID

import msgspec

from domain.archives.model import MAX_CHOSEN_FILES
from domain.files.names import PathName


class ArchiveRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which files, in this order, and the name to save the archive under."""

    ids: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=MAX_CHOSEN_FILES)]
    name: PathName = "files"
