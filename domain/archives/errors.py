"""What can go wrong with archives."""

from domain.errors import FileportError


class ArchiveTooLargeError(FileportError):
    """More files were asked for than an archive holds."""

    code = "archive_too_large"
