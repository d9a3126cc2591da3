"""Links: addresses that serve a file, or take files, for people without a key."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.access.scopes import Action, Permissions, Scope
from domain.buckets.errors import InvalidBucketError
from domain.buckets.model import AllowedTypes, MaxFileSize, Policy, check_policy
from domain.files.errors import InvalidExpiryError
from domain.files.names import MAX_NAME_BYTES, check_path_name
from domain.links.errors import InvalidLinkError, LinkEndedError, LinkLifeError
from domain.values.times import in_utc

MAX_COUNT = 10**9
# In bytes of UTF-8.
MAX_PASSWORD = 256
DEFAULT_LIFE = timedelta(days=7)
# A token's issuer cannot be asked whether its subject still has the token's rights.
MAX_LIFE_OF_TOKENS = timedelta(days=7)
# The wrong passwords of a minute, for a link and an address, before all are refused.
MAX_ATTEMPTS = 10
ATTEMPT_SECONDS = 60
# A download that broke off may be resumed for so long.
RESUME_SECONDS = 3600

LinkKind = Literal["share", "upload"]
MakerKind = Literal["root", "key", "token"]

LinkExpiry = Annotated[
    datetime,
    Meta(
        description="When the link ends. Absent: in seven days. Null: never, which is for admins.",
        extra_json_schema={"format": "date-time"},
    ),
]
Password = Annotated[
    str,
    Meta(
        description="Asked of every reader, by HTTP Basic with any user name; null: none.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_PASSWORD},
    ),
]
MaxDownloads = Annotated[
    int,
    Meta(
        description="The downloads after which the link is used up; null: no limit.",
        extra_json_schema={"minimum": 1, "maximum": MAX_COUNT},
    ),
]
DownloadName = Annotated[
    str,
    Meta(
        description="The name to save the file under; null: the file's own.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_NAME_BYTES},
    ),
]


MaxFiles = Annotated[
    int,
    Meta(
        description="The uploads after which the link is used up; null: no limit.",
        extra_json_schema={"minimum": 1, "maximum": MAX_COUNT},
    ),
]


LinkName = Annotated[
    str,
    Meta(
        description="The one name that the link takes, where no file has it yet.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_NAME_BYTES},
    ),
]
LinkPrefix = Annotated[
    str,
    Meta(
        description="The folder that the link takes names below; a slash at its end is added. Empty: the whole bucket.",
        extra_json_schema={"maxLength": MAX_NAME_BYTES},
    ),
]


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """Who has made a link. `scopes` are those of a token, which are known at no other time."""

    kind: MakerKind
    id: str = ""
    scopes: tuple[Scope, ...] = ()

    def is_(self, caller: Caller) -> bool:
        """Return whether that is the caller."""
        return (self.kind, self.id) == (caller.kind, caller.id)


class NewShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share link to make."""

    expires_at: LinkExpiry | msgspec.UnsetType | None = msgspec.UNSET
    password: Password | None = None
    max_downloads: MaxDownloads | None = None
    filename: DownloadName | None = None


class NewUploadLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An upload link to make: with a `name`, or with a `prefix`, which is a folder; the empty one is the bucket."""

    expires_at: LinkExpiry | msgspec.UnsetType | None = msgspec.UNSET
    name: LinkName | None = None
    prefix: LinkPrefix | None = None
    max_file_size: MaxFileSize | None = None
    allowed_types: AllowedTypes | None = None
    max_files: MaxFiles | None = None


class LinkFields(msgspec.Struct, frozen=True, kw_only=True):
    """The target and terms of a link. `secret` signs its tickets and is never shown.

    A share link has a `file_id`. An upload link has a `bucket`, and there either the `name` that it takes or the
    `prefix` that it takes names below.
    """

    kind: LinkKind
    maker: Maker
    secret: bytes
    file_id: UUID | None = None
    password_hash: str | None = None
    max_downloads: int | None = None
    filename: str | None = None
    bucket: str | None = None
    name: str | None = None
    prefix: str | None = None
    max_file_size: int | None = None
    allowed_types: tuple[str, ...] | None = None
    max_files: int | None = None


class Link(LinkFields, frozen=True, kw_only=True):
    """A link. `used` counts its downloads, or the uploads begun with it."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    used: int = 0

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more may be begun with it."""
        limit = self.max_downloads if self.kind == "share" else self.max_files
        return limit is not None and self.used >= limit

    def check_alive(self, now: datetime) -> None:
        """Raise `LinkEndedError` where the link was revoked or has expired."""
        if self.revoked_at is not None:
            raise LinkEndedError("The link was revoked.")
        if self.expires_at is not None and self.expires_at <= now:
            raise LinkEndedError("The link has expired.")


class FoundLink(msgspec.Struct, frozen=True):
    """A link as it is `now`, by the catalog's clock."""

    link: Link
    now: datetime


class NewLink(LinkFields, frozen=True, kw_only=True):
    """A link to record. Where no expiry is given, it is in seven days."""

    token_hash: bytes
    expires_at: datetime | msgspec.UnsetType | None

    def expiry(self, now: datetime) -> datetime | None:
        """Return when the link ends. Raises `InvalidExpiryError`, and `LinkLifeError` where it is late for a token."""
        if self.expires_at is msgspec.UNSET:
            return now + DEFAULT_LIFE
        if self.expires_at is not None and self.expires_at <= now:
            raise InvalidExpiryError("expires_at is not in the future.")
        if self.maker.kind == "token" and (self.expires_at is None or self.expires_at > now + MAX_LIFE_OF_TOKENS):
            raise LinkLifeError(f"A link that a token makes ends within {MAX_LIFE_OF_TOKENS.days} days.")
        return self.expires_at


class MadeLink(msgspec.Struct, frozen=True):
    """A link and its token, which nobody can find out later."""

    link: Link
    token: str


class LinkPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of links. `next` is the link that the next page comes after, None on the last one."""

    items: list[Link]
    next: UUID | None


def page_of(links: list[Link], limit: int) -> LinkPage:
    """Return a page of up to `limit` links, of which one more was looked for."""
    if len(links) <= limit:
        return LinkPage(items=links, next=None)
    return LinkPage(items=links[:limit], next=links[limit - 1].id)


def maker_of(caller: Caller) -> Maker:
    """Return the caller as the maker of a link. Raises `AccessDeniedError` for callers that make none."""
    match caller.kind:
        case "root" | "key":
            return Maker(kind=caller.kind, id=caller.id)
        case "token":
            return Maker(kind="token", id=caller.id, scopes=caller.permissions.scopes)
        case _:
            raise AccessDeniedError("Only the bearer of a key or a token makes links.")


def check_expiry(
    expires_at: datetime | msgspec.UnsetType | None, *, is_admin: bool
) -> datetime | msgspec.UnsetType | None:
    """Return the expiry in UTC. Raises `InvalidTimeError`, and `LinkLifeError` where only an admin may have none."""
    if expires_at is None and not is_admin:
        raise LinkLifeError(LinkLifeError.example)
    return in_utc(expires_at) if isinstance(expires_at, datetime) else expires_at


def check_share(new: NewShare) -> NewShare:
    """Return `new` if a link may be like that. Raises `InvalidLinkError`, `InvalidNameError`."""
    check_count("max_downloads", new.max_downloads)
    if new.password is not None and not 1 <= len(_utf8(new.password)) <= MAX_PASSWORD:
        raise InvalidLinkError(f"password has 1 to {MAX_PASSWORD} bytes of UTF-8.")
    if new.filename is not None:
        check_path_name(new.filename)
        if "/" in new.filename:
            raise InvalidLinkError("filename has no slash.")
    return new


def check_upload_link(new: NewUploadLink) -> NewUploadLink:
    """Return `new` in its normal form if a link may be like that. Raises `InvalidLinkError`, `InvalidNameError`."""
    if (new.name is None) == (new.prefix is None):
        raise InvalidLinkError("An upload link has a name or a prefix, and not both.")
    check_count("max_files", new.max_files)
    if new.name is not None:
        check_path_name(new.name)
    prefix = new.prefix
    if prefix:
        prefix = prefix.removesuffix("/") + "/"
        check_path_name(prefix.removesuffix("/"))
    try:
        policy = check_policy(Policy(max_file_size=new.max_file_size, allowed_types=new.allowed_types))
    except InvalidBucketError as error:
        raise InvalidLinkError(error.detail) from None
    return msgspec.structs.replace(new, prefix=prefix, allowed_types=policy.allowed_types)


def upload_scope(bucket: str, name: str | None, prefix: str | None) -> Scope:
    """Return the scope of an upload link."""
    return Scope(actions=("write",), bucket=bucket, prefix=(name if prefix is None else prefix) or None)


def check_count(field: str, count: int | None) -> None:
    """Raise `InvalidLinkError` unless the count is one of a link."""
    if count is not None and not 1 <= count <= MAX_COUNT:
        raise InvalidLinkError(f"{field} is a whole number from 1 to {MAX_COUNT}.")


def permissions_to(action: Action, rights: Permissions) -> Permissions:
    """Return those of a maker's rights that a link which does nothing but that needs."""
    return Permissions(rights.areas(action))


def used_up_error() -> LinkEndedError:
    """Return the error for a link with which nothing more may be begun."""
    return LinkEndedError("The link is used up.")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidLinkError("password is not Unicode text.") from None
