"""The paths of operations have one spelling each, so that a proxy's rule for one of them cannot be passed by."""

from collections.abc import Container
from http import HTTPStatus

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from service.http.problems import NOTHING_HERE, Problem, code_of, phrase_of, send_problem

# The first segments of the paths of operations; "" is the root's.
_OPERATIONAL = frozenset({"", "health", "metrics", "schema"})
# Those that are asked for again and again.
_PROBES = frozenset({b"/health/live", b"/health/ready", b"/metrics"})


def may_be_misspelled(scope: HTTPScope, _: Container[bytes]) -> bool:
    """Return whether the path of a request is one that `spell_once` looks at."""
    return not scope["path"].startswith("/v1/") and scope["raw_path"] not in _PROBES


def spell_once(app: ASGIApp) -> ASGIApp:
    """Wrap `app`: another spelling of an operational path, such as `//metrics` or `/%6detrics`, is 404.

    The router folds slashes and takes escapes for what they stand for.
    """

    async def spelled(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith("/v1/"):
            segments = [each for each in scope["path"].split("/") if each]
            path = f"/{'/'.join(segments)}"
            if path[1:].partition("/")[0] in _OPERATIONAL and scope["raw_path"] != path.encode():
                status = HTTPStatus.NOT_FOUND
                detail = f"There is no such path. It is spelled {path}." if path.isprintable() else NOTHING_HERE
                await send_problem(
                    send, Problem(title=phrase_of(status), status=status, detail=detail, code=code_of(status))
                )
                return
        await app(scope, receive, send)

    return spelled
