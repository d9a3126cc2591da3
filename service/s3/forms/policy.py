"""The policy of a form: when it expires, and what the fields may be (AWS, «Creating a POST Policy»)."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from service.s3.errors import S3Error

# Fields that no condition needs to be about: the file, and those that hold the policy and its signature.
_FREE = frozenset({"file", "policy", "x-amz-signature"})
_IGNORED = "x-ignore-"
_RANGE = "content-length-range"


class _Document(msgspec.Struct):
    expiration: str
    conditions: list[Any]


class _Condition(NamedTuple):
    """`field` has the value, or begins with it."""

    field: str
    value: str
    is_prefix: bool

    def allows(self, value: str | None) -> bool:
        if value is None:
            return False
        return value.startswith(self.value) if self.is_prefix else value == self.value


class Policy:
    """A policy, which says the same of every form that has it. `least` and `most` are the bounds of the file's size."""

    def __init__(self, text: str) -> None:
        """`text` is in Base64. Raises `S3Error`, `InvalidPolicyDocument`."""
        try:
            document = msgspec.json.decode(b64decode(text, validate=True), type=_Document)
        except (binascii.Error, ValueError, RecursionError):
            raise _invalid("it is no JSON with an expiration and conditions, in Base64") from None
        if not document.conditions:
            raise _invalid("it has no conditions")
        self._expiration = _parse_time(document.expiration)
        self._conditions: list[_Condition] = []
        self.least, self.most = 0, 5 * 1024**3
        for condition in document.conditions:
            self._add(condition)

    def check(self, fields: Mapping[str, str], now: datetime) -> None:
        """Return if a form may have the fields, whose names are in lower case; the bucket is one of them.

        Raises `S3Error`, `AccessDenied`.
        """
        if now >= self._expiration:
            raise _denied("Policy expired.")
        for each in self._conditions:
            if not each.allows(fields.get(each.field)):
                operator = "starts-with" if each.is_prefix else "eq"
                raise _denied(f'Policy Condition failed: ["{operator}", "${each.field}", "{each.value}"]')
        covered = {each.field for each in self._conditions} | _FREE
        extra = [name for name in fields if name not in covered and not name.startswith(_IGNORED)]
        if extra:
            raise _denied(f"Extra input fields: {', '.join(sorted(extra))}")

    def _add(self, condition: Any) -> None:
        match condition:
            case {**pairs} if pairs and all(isinstance(value, str) for value in pairs.values()):
                self._conditions += [_Condition(str(name).lower(), str(pairs[name]), is_prefix=False) for name in pairs]
            case ["eq" | "starts-with" as operator, str(field), str(value)] if field.startswith("$"):
                self._conditions.append(_Condition(field[1:].lower(), value, is_prefix=operator == "starts-with"))
            case [str(operator), least, most] if operator == _RANGE:
                self.least, self.most = _parse_size(least), min(self.most, _parse_size(most))
            case _:
                raise _invalid("a condition is of none of the forms that conditions have")


def _parse_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid("its expiration is no time of ISO 8601") from None
    if time.tzinfo is None:
        raise _invalid("its expiration is not in UTC")
    return time.astimezone(UTC)


def _parse_size(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _invalid(f"{_RANGE} has two whole numbers")


def _invalid(reason: str) -> S3Error:
    return S3Error("InvalidPolicyDocument", f"Invalid Policy: {reason}.")


def _denied(reason: str) -> S3Error:
    return S3Error("AccessDenied", f"Invalid according to Policy: {reason}")
