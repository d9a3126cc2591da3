"""Requests enter the wrappers that apply to them, in one order."""

from typing import Any

import pytest

from service.http.middleware.selection import Rule, select_wrappers

Entered = list[str]


def rule(name: str, entered: Entered, field: bytes | None = None) -> Rule:
    def wrap(app: Any) -> Any:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            entered.append(name)
            await app(scope, receive, send)

        return wrapped

    return Rule(wrap) if field is None else Rule(wrap, lambda _, names: field in names)


@pytest.mark.parametrize(
    ("fields", "wrappers"),
    [
        ([], ["always", "last"]),
        ([b"a"], ["always", "a", "last"]),
        ([b"b", b"a"], ["always", "a", "b", "last"]),
        ([b"b", b"c"], ["always", "b", "last"]),
    ],
)
async def test_a_request_enters_the_wrappers_that_apply_to_it(fields: list[bytes], wrappers: Entered) -> None:
    entered: Entered = []

    async def app(*_: Any) -> None:
        entered.append("app")

    rules = [rule("always", entered), rule("a", entered, b"a"), rule("b", entered, b"b"), rule("last", entered)]
    selected = select_wrappers(app, rules)
    scope: Any = {"type": "http", "headers": [(field, b"") for field in fields]}
    for _ in range(2):
        entered.clear()
        await selected(scope, None, None)  # type: ignore[arg-type] # nothing is received or sent
        assert entered == [*wrappers, "app"]


async def test_what_is_no_request_enters_all() -> None:
    entered: Entered = []

    async def app(*_: Any) -> None:
        entered.append("app")

    selected = select_wrappers(app, [rule("always", entered), rule("a", entered, b"a")])
    await selected({"type": "lifespan"}, None, None)  # type: ignore[arg-type] # nothing is received or sent
    assert entered == ["always", "a", "app"]
