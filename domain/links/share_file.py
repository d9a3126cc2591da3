"""Make a link that serves a file."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.errors import OutcomeUnknownError, OverloadedError
from domain.files.access import require_read
from domain.files.errors import InvalidExpiryError, InvalidNameError, NoSuchFileError
from domain.files.ports import Files
from domain.links.errors import InvalidLinkError, LinkLifeError
from domain.links.model import MadeLink, NewLink, NewShare, check_expiry, check_share, maker_of
from domain.links.ports import Links, Passwords
from domain.links.tokens import hash_of, new_ticket_secret, new_token
from domain.values.errors import InvalidTimeError


class ShareFile:
    """Make one share link, which takes the right `read` on the file."""

    errors = (
        NoSuchFileError,
        AccessDeniedError,
        InvalidLinkError,
        InvalidNameError,
        InvalidExpiryError,
        InvalidTimeError,
        LinkLifeError,
        OverloadedError,
        OutcomeUnknownError,
    )

    def __init__(self, files: Files, links: Links, passwords: Passwords) -> None:
        self._files = files
        self._links = links
        self._passwords = passwords

    async def __call__(self, caller: Caller, file_id: UUID, new: NewShare) -> MadeLink:
        """Return the link and its token. Raises all of `errors`."""
        file = await self._files.get_file(file_id)
        require_read(caller, file)
        new = check_share(new)
        is_admin = caller.permissions.allow("admin", file.bucket, file.name)
        token = new_token()
        link = await self._links.create_link(
            NewLink(
                kind="share",
                maker=maker_of(caller),
                token_hash=hash_of(token),
                secret=new_ticket_secret(),
                expires_at=check_expiry(new.expires_at, is_admin=is_admin),
                file_id=file.id,
                password_hash=None if new.password is None else await self._passwords.hash(new.password),
                max_downloads=new.max_downloads,
                filename=new.filename,
            )
        )
        return MadeLink(link, token)
