"""Messages about wrong values, and the right ones, in the words of JSON and not of Python."""

import re

_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`(?P<bounds> [<>]=? -?\d+)?(?:, got `(?P<given>\w+)`)?")
_ENUM = re.compile(r"Invalid (?:enum )?value (?P<given>.+)", re.DOTALL)
_FIELD = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>[^`]*)`", re.DOTALL)
_PLACE = re.compile(r" - at `\$\.?(?P<place>.*?)`$", re.DOTALL)

_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "object": "an object {…}",
    "array": "a list […]",
    "null": "null",
    "datetime": 'a time, such as "2030-01-31T12:00:00Z"',
    "uuid": 'an id, such as "019a2f3c-7d10-7cc3-98c4-dc0c0c07398f"',
}
_INVALID = {
    "Invalid RFC3339 encoded datetime": f"must be {_TYPES['datetime']}",
    "Invalid UUID": f"must be {_TYPES['uuid']}",
    "Number out of range": "is too large a number",
}
_BARE = frozenset({"int", "float", "bool", "null", "object", "array"})


def explain_json(message: str) -> str:
    """Return msgspec's message about a JSON body as a sentence that names a right value."""
    found = _PLACE.search(message)
    place = f"`{found['place']}`" if found and found["place"] else ""
    said = _PLACE.sub("", message)
    return _of_field(said, place) or _of_value(said, place or "it") or _of_syntax(said) or message


def explain_parameter(message: str) -> str:
    """Return msgspec's message about a parameter, which is text, as a sentence without the parameter's name."""
    if expected := _EXPECTED.fullmatch(message):
        return _must_be(expected, shows_given=False)
    return _INVALID.get(message, message)


def _of_field(said: str, place: str) -> str | None:
    field = _FIELD.fullmatch(said)
    if field is None:
        return None
    at = f" in {place}" if place else ""
    if field["what"] == "contains unknown":
        return f"there is no field `{field['field']}`{at}: leave it out, or see /schema for the right name"
    return f"the field `{field['field']}` is missing{at}, and must be sent"


def _of_value(said: str, place: str) -> str | None:
    if expected := _EXPECTED.fullmatch(said):
        return f"{place} {_must_be(expected)}{_advice(expected)}"
    if value := _ENUM.fullmatch(said):
        return f"{place} cannot be {value['given']}: see /schema for the values that it takes"
    return f"{place} {_INVALID[said]}" if said in _INVALID else None


def _of_syntax(said: str) -> str | None:
    if said == "Input data was truncated":
        return "the JSON ends too early: send all of it"
    return said.replace("JSON is malformed", "this is not JSON") if said.startswith("JSON is malformed") else None


def _must_be(expected: re.Match[str], *, shows_given: bool = True) -> str:
    wanted = expected["wanted"].split(" | ")
    # An id or a time is a string in JSON as well.
    words = " or ".join(_TYPES.get(each, each) for each in wanted)
    bounds = expected["bounds"] or ""
    bounds = bounds.replace(">=", "of at least").replace("<=", "of at most").replace(">", "above").replace("<", "below")
    given = expected["given"] if shows_given else None
    return f"must be {words}{bounds}{f', not {_given(given)}' if given else ''}"


def _given(given: str) -> str:
    return {"float": "a number with a fraction", "bool": "a boolean", "object": "an object", "array": "a list"}.get(
        given, _TYPES.get(given, given)
    )


def _advice(expected: re.Match[str]) -> str:
    wanted, given = set(expected["wanted"].split(" | ")), expected["given"]
    if "array" in wanted:
        return ": send it in brackets"
    if given == "str" and wanted <= _BARE:
        return ": send it without quotes"
    if given in {"int", "float", "bool"} and "str" in wanted:
        return ": send it in quotes"
    return ""
