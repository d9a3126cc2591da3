"""Refusals that the model predicts, and the rules behind them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from domain.errors import FileportError
from service.http.problems import status_of
from tests.harness.stateful.records import ModelFile

T = TypeVar("T")

# How each condition stands to the file that it is sent for, by header; see `values.conditions`.
Conditions = Mapping[str, str]


class Refused(Exception):
    """The service should refuse the request with this status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


def checked(rule: Callable[..., T], *values: Any) -> T:
    """Apply a rule of the domain to the values; its refusal becomes an answer with its code."""
    try:
        return rule(*values)
    except FileportError as error:
        raise Refused(status_of(type(error)), error.code) from None


def well_formed(conditions: Conditions) -> None:
    if "malformed" in conditions.values():
        raise Refused(400, "invalid_condition")


def met(conditions: Conditions, file: ModelFile | None) -> None:
    """Refuse where a condition is false for the file, None for no file."""
    if_match, if_none_match = conditions.get("If-Match"), conditions.get("If-None-Match")
    is_matched = file is not None and if_match in {"current", "star", "list"}
    is_excluded = file is not None and if_none_match in {"current", "star", "list", "weak"}
    if (if_match is not None and not is_matched) or is_excluded:
        raise Refused(412, "precondition_failed")
