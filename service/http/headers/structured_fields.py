"""Structured fields (RFC 9651), reduced to the types that our headers use: strings, integers and bytes."""

import http_sf


def parse_string(value: str) -> str | None:
    """Return the string (section 3.3.3) in the field, without its parameters; None for any other value."""
    try:
        item = http_sf.parse(value.encode(), tltype="item")
    except http_sf.StructuredFieldError:
        return None
    # Tokens and display strings have types of their own.
    return item[0] if isinstance(item, tuple) and isinstance(item[0], str) else None


def parse_dictionary(value: str) -> dict[str, int | bytes | None] | None:
    """Return the members of a dictionary: integers, bytes, and None for values of another type.

    None where the field is malformed. Of members with the same key the last one counts.
    """
    try:
        members = http_sf.parse(value.encode(), tltype="dictionary")
    except http_sf.StructuredFieldError:
        return None
    return {key: _value(member) for key, member in members.items()} if isinstance(members, dict) else None


def _value(member: object) -> int | bytes | None:
    match member:
        case (bool(), _):
            return None
        case (int() | bytes() as value, _):
            return value
        case _:
            return None
