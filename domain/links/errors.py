"""The errors of links."""

from domain.access.errors import UnauthenticatedError
from domain.errors import ForbiddenError, GoneError, InvalidInputError, NotFoundError, TooManyRequestsError


class InvalidLinkError(InvalidInputError):
    """What is asked of a new link breaks the rules of `domain.links.model`."""

    code = "invalid_link"
    example = "max_downloads is a whole number from 1 to 1000000000."


class LinkLifeError(ForbiddenError):
    """The link would live for longer than its maker may let it."""

    code = "link_life"
    example = "Only an admin may make a link that never expires: leave expires_at out, or set a time."


class NoSuchLinkError(NotFoundError):
    """No link has that id, or that token."""

    code = "link_not_found"


class LinkEndedError(GoneError):
    """The link has expired, was revoked, is used up, or its file or its maker's right to it is gone."""

    code = "link_ended"
    example = "The link has expired."


class LinkPasswordError(UnauthenticatedError):
    """The link has a password, and the request has none or a wrong one. `realm` tells the link from others."""

    code = "link_password"
    example = "The link needs its password, by HTTP Basic with any user name."

    def __init__(self, detail: str, *, realm: str) -> None:
        super().__init__(detail)
        self.realm = realm


class WrongLinkError(ForbiddenError):
    """The link is of the other kind: it takes uploads and serves nothing, or serves a file and takes none."""

    code = "wrong_link"
    example = "The link takes uploads, and serves no file."


class TooManyAttemptsError(TooManyRequestsError):
    """Too many wrong passwords came from this address; none is looked at for a while, not even the right one."""

    code = "too_many_attempts"
    example = "Too many wrong passwords: try again later."


def no_such_link() -> NoSuchLinkError:
    """Return the error for a link that is missing, or another's."""
    return NoSuchLinkError("There is no such link.")
