"""The errors of forms."""

from domain.errors import InvalidInputError


class InvalidFormError(InvalidInputError):
    """The form is malformed, or is not one `file` part after its fields."""

    code = "invalid_form"
    example = "The form has no part named file."
