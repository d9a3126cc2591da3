"""The one error of a soak."""


class ViolationError(Exception):
    """The service broke a promise."""
