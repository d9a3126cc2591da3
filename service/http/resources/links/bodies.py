"""Links in JSON."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from msgspec import Meta

from domain.buckets.model import AllowedTypes, BucketName, MaxFileSize
from domain.files.model import Sha256, Size
from domain.files.names import FileName, Prefix
from domain.links.model import DownloadName, Link, LinkKind, MadeLink, MaxDownloads, MaxFiles
from domain.links.uploading.store_by_link import Received
from domain.values.media_types import ContentType
from domain.values.numbers import Count, Positive
from domain.values.times import UtcTime


class LinkBody(msgspec.Struct, frozen=True, kw_only=True):
    """A link. A share link has a `file_id`; an upload link has a `bucket`, and `name` or `prefix`."""

    id: UUID
    kind: LinkKind
    file_id: Annotated[UUID, Meta(description="The file that a share link serves.")] | None
    has_password: Annotated[bool, Meta(description="Whether readers are asked for a password.")]
    max_downloads: MaxDownloads | None
    filename: DownloadName | None
    bucket: Annotated[BucketName, Meta(description="The bucket that an upload link stores in.")] | None
    name: Annotated[FileName, Meta(description="The one name that an upload link takes.")] | None
    prefix: Annotated[Prefix, Meta(description="What an upload link takes names below.")] | None
    max_file_size: MaxFileSize | None
    allowed_types: AllowedTypes | None
    max_files: MaxFiles | None
    used: Annotated[Count, Meta(description="How many downloads counted, or how many uploads were begun.")]
    created_at: UtcTime
    expires_at: Annotated[UtcTime, Meta(description="When it ends, in UTC; null: never.")] | None
    revoked_at: Annotated[UtcTime, Meta(description="When it was revoked, in UTC.")] | None


class MadeLinkBody(LinkBody, frozen=True, kw_only=True):
    """A new link. `url` and its `token` are in this answer only: nobody can find them out later."""

    url: Annotated[str, Meta(description="The link.", extra_json_schema={"format": "uri-reference"})]
    token: Annotated[str, Meta(description="The secret part of it.", extra_json_schema={"pattern": "^[0-9A-Za-z_-]+$"})]


class LinkPageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A page of links; `next` is the cursor of the next one, null on the last."""

    items: list[LinkBody]
    limit: Positive
    next: str | None


class ReceivedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came by a link. `name` is relative to the link's prefix."""

    name: FileName
    content_type: ContentType
    size: Size
    sha256: Sha256


def received_body(received: Received) -> ReceivedBody:
    """Return a file as its sender sees it."""
    file = received.file
    return ReceivedBody(name=received.name, content_type=file.content_type, size=file.size, sha256=file.sha256)


def link_body(link: Link) -> LinkBody:
    """Return a link as its maker sees it."""
    return LinkBody(
        id=link.id,
        kind=link.kind,
        file_id=link.file_id,
        has_password=link.password_hash is not None,
        max_downloads=link.max_downloads,
        filename=link.filename,
        bucket=link.bucket,
        name=link.name,
        prefix=link.prefix,
        max_file_size=link.max_file_size,
        allowed_types=link.allowed_types,
        max_files=link.max_files,
        used=link.used,
        created_at=link.created_at,
        expires_at=link.expires_at,
        revoked_at=link.revoked_at,
    )


def made_body(made: MadeLink, base: str) -> MadeLinkBody:
    """Return a new link with its URL; `base` is the service's."""
    known = msgspec.structs.asdict(link_body(made.link))
    return MadeLinkBody(**known, url=f"{base}/s/{made.token}", token=made.token)


def made_response(made: MadeLink, base: str) -> Response[MadeLinkBody]:
    """Return the response with a new link."""
    return Response(made_body(made, base), status_code=201, headers={"Location": f"/v1/links/{made.link.id}"})
