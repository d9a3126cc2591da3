"""The errors of search."""

from domain.errors import InvalidInputError


class InvalidSortError(InvalidInputError):
    """A sort names a field that files do not have."""

    code = "invalid_sort"
    example = "Unknown sort field 'colour'."


class InvalidFilterError(InvalidInputError):
    """A filter is not understood: an unknown field or operator, a value of the wrong type, too deep or wide."""

    code = "invalid_filter"
    example = "Unknown field 'colour'."
