"""The errors of files."""

from domain.errors import ConflictError, InvalidInputError, NotFoundError, TooLargeError, UnsupportedError


class InvalidNameError(InvalidInputError):
    """A file name breaks the rules of `domain.files.names`."""

    code = "invalid_name"
    example = "The file name is empty."


class InvalidMetadataError(InvalidInputError):
    """JSON metadata is not an object, too large, too deep, or holds what no store can keep."""

    code = "invalid_metadata"
    example = "Metadata is larger than 65536 bytes of JSON."


class InvalidTagsError(InvalidInputError):
    """Tags are too many, too long, or hold characters that are not allowed."""

    code = "invalid_tags"
    example = "A tag holds no comma and no control character."


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
    example = "The file's bytes are not text in utf-8."


class TextTooLargeError(TooLargeError):
    """The file is larger than what is decoded as text."""

    code = "text_too_large"
    example = "Only files of at most 67108864 bytes are decoded as text."


def no_such_file() -> NoSuchFileError:
    """Return the error for a file that is missing, or that the caller may not see."""
    return NoSuchFileError("There is no such file.")
