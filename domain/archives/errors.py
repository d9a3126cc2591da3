"""The errors of archives."""

from domain.errors import TooLargeError


class ArchiveTooLargeError(TooLargeError):
    """The archive would have more files than are allowed."""

    code = "archive_too_large"
    example = "An archive holds at most 10000 files; name a longer prefix."
