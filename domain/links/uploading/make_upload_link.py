"""Make a link that takes files."""

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.buckets.access import require_below, require_sight
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.model import check_bucket_name
from domain.errors import OutcomeUnknownError
from domain.files.access import require_store
from domain.files.errors import InvalidExpiryError, InvalidNameError
from domain.links.errors import InvalidLinkError, LinkLifeError
from domain.links.model import MadeLink, NewLink, NewUploadLink, check_expiry, check_upload_link, maker_of
from domain.links.ports import Links
from domain.links.tokens import hash_of, new_ticket_secret, new_token
from domain.values.errors import InvalidTimeError


class MakeUploadLink:
    """Make one upload link, which takes the right `write` on all that it may store."""

    errors = (
        InvalidBucketError,
        NoSuchBucketError,
        AccessDeniedError,
        InvalidLinkError,
        InvalidNameError,
        InvalidExpiryError,
        InvalidTimeError,
        LinkLifeError,
        OutcomeUnknownError,
    )

    def __init__(self, links: Links) -> None:
        self._links = links

    async def __call__(self, caller: Caller, bucket: str, new: NewUploadLink) -> MadeLink:
        """Return the link and its token. Raises all of `errors`."""
        require_sight(caller, check_bucket_name(bucket))
        new = check_upload_link(new)
        if new.prefix is None:
            name = new.name or ""
            require_store(caller, bucket, name)
            is_admin = caller.permissions.allow("admin", bucket, name)
        else:
            require_below(caller, ("write",), bucket, new.prefix)
            is_admin = caller.permissions.allow_below("admin", bucket, new.prefix)
        token = new_token()
        link = await self._links.create_link(
            NewLink(
                kind="upload",
                maker=maker_of(caller),
                token_hash=hash_of(token),
                secret=new_ticket_secret(),
                expires_at=check_expiry(new.expires_at, is_admin=is_admin),
                bucket=bucket,
                name=new.name,
                prefix=new.prefix,
                max_file_size=new.max_file_size,
                allowed_types=new.allowed_types,
                max_files=new.max_files,
            )
        )
        return MadeLink(link, token)
