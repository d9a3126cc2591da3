"""The choice of the wrappers that a request needs: most need few of them."""

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

Wrap = Callable[[ASGIApp], ASGIApp]
# Decides by the scope of a request, and by the names of its header fields.
Applies = Callable[[HTTPScope, Container[bytes]], bool]


class Rule(NamedTuple):
    """A wrapper, and the requests that it does something for: all, where that is None."""

    wrap: Wrap
    applies: Applies | None = None


def select_wrappers(app: ASGIApp, rules: Sequence[Rule]) -> ASGIApp:
    """Wrap `app` by the rules, the outermost first. A request enters those wrappers that apply to it, and no other."""
    conditions = [(1 << number, rule.applies) for number, rule in enumerate(rules) if rule.applies is not None]
    # By the conditions that hold, a bit for each: as many as there are kinds of requests.
    chains: dict[int, ASGIApp] = {}
    everything = sum(bit for bit, _ in conditions)

    def chain(applying: int) -> ASGIApp:
        if applying not in chains:
            wrapped = app
            for number, rule in reversed(list(enumerate(rules))):
                if rule.applies is None or applying & (1 << number):
                    wrapped = rule.wrap(wrapped)
            chains[applying] = wrapped
        return chains[applying]

    plain, whole = chain(0), chain(everything)

    async def selected(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await whole(scope, receive, send)
            return
        names = {name for name, _ in scope["headers"]}
        applying = 0
        for bit, applies in conditions:
            if applies(scope, names):
                applying |= bit
        await (chain(applying) if applying else plain)(scope, receive, send)

    return selected
