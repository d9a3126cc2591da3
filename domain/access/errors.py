"""The errors of access."""

from domain.errors import FileportError, ForbiddenError, InvalidInputError


class UnauthenticatedError(FileportError):
    """The request needs credentials, and has none or invalid ones."""

    code = "unauthorized"
    example = "The request needs the header Authorization: Bearer, with a valid key."


class AccessDeniedError(ForbiddenError):
    """The caller may see the resource, and may not do this with it."""

    code = "access_denied"
    example = "The caller may not write here."


class InvalidScopeError(InvalidInputError):
    """A scope breaks the rules of `domain.access.scopes`."""

    code = "invalid_scope"
    example = "bucket is the name of a bucket, or the beginning of names and a '*' at its end."
