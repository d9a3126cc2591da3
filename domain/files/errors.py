"""What can go wrong with files."""

from domain.errors import ConflictError, InvalidInputError, NotFoundError, TooLargeError, UnsupportedError


class InvalidNameError(InvalidInputError):
    """A file name breaks the rules of `domain.files.names`."""

    code = "invalid_name"


class InvalidMetadataError(InvalidInputError):
    """JSON metadata is not an object, too large, too deep, or holds what no store can keep."""

    code = "invalid_metadata"


class InvalidTagsError(InvalidInputError):
    """Tags are too many, too long, or hold characters that are not allowed."""

    code = "invalid_tags"


class InvalidExpiryError(InvalidInputError):
    """An expiry is not in the future."""

    code = "invalid_expiry"


class NoSuchFileError(NotFoundError):
    """No file has that id, or that name in that bucket; or it has expired."""

    code = "file_not_found"


class NameTakenError(ConflictError):
    """Another file already has that name in that bucket."""

    code = "name_taken"


class NotTextError(UnsupportedError):
    """The file's bytes are not text in the charset that its content type names."""

    code = "not_text"


class TextTooLargeError(TooLargeError):
    """The file is larger than what is decoded as text."""

    code = "text_too_large"
