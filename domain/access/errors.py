"""The errors of access."""

from domain.errors import FileportError, ForbiddenError, InvalidInputError, TooManyRequestsError, UnavailableError


class UnauthenticatedError(FileportError):
    """The request needs credentials, and has none or invalid ones."""

    code = "unauthorized"
    example = "The request needs the header Authorization: Bearer, with a valid key or token."


class UnknownAccessKeyError(UnauthenticatedError):
    """No key that holds has that access key id."""

    example = "There is no key with this access key id, or it was revoked or has expired."


class WrongSignatureError(UnauthenticatedError):
    """The request was changed after it was signed, or was signed with another secret."""

    example = "The signature of the request is not that of the secret with this access key id."


class AccessDeniedError(ForbiddenError):
    """The caller may see the resource, and may not do this with it."""

    code = "access_denied"
    example = "The caller may not write here."


class InvalidScopeError(InvalidInputError):
    """A scope breaks the rules of `domain.access.scopes`."""

    code = "invalid_scope"
    example = "bucket is the name of a bucket, or the beginning of names and a '*' at its end."


class IdentityProviderUnavailableError(UnavailableError):
    """The keys of the identity provider have not been had yet, so that no token can be verified."""

    code = "identity_provider_unavailable"
    example = "The identity provider does not answer in time."
    retry_after = 5


class RateLimitedError(TooManyRequestsError):
    """The caller makes more requests a second than it may."""

    code = "rate_limited"
    example = "The caller makes more requests a second than it may: 50."


class TooManyTransfersError(TooManyRequestsError):
    """The caller moves as many bodies at once as it may."""

    code = "too_many_transfers"
    example = "The caller moves as many bodies at once as it may: 4."


class TooManyFailuresError(TooManyRequestsError):
    """The credentials are wrong, as were many others that came from the same address."""

    code = "too_many_failed_authentications"
    example = "Too many wrong credentials came from this address."
