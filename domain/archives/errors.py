"""The errors of archives."""

from domain.errors import TooLargeError


class ArchiveTooLargeError(TooLargeError):
    """More files were asked for than an archive holds."""

    code = "archive_too_large"
    example = "An archive holds at most 10000 files; name a longer prefix."
