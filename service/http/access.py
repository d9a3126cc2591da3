"""The access that a route declares: whether it needs credentials, and the actions that it takes.

Use cases decide about the resource at hand, by the caller that they are given.
"""

from collections.abc import Iterable

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from domain.access.scopes import Action
from service.http.routing import is_made_by_litestar


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """The argument `access` of a route.

    An open route takes no credentials. Any other needs them, unless it is public where a bucket is: that may take the
    query parameter `public_with`, which names the bucket.
    """

    actions: tuple[Action, ...] = ()
    is_open: bool = False
    or_public: bool = False
    public_with: str = ""

    @property
    def description(self) -> str:
        """The sentence about it in the document."""
        if self.is_open or not self.actions:
            return ""
        rights = " or ".join(f"`{action}`" for action in self.actions)
        return f"Needs the right {rights}" + (", unless the bucket is public." if self.or_public else ".")


OPEN = Access(is_open=True)


def needs(*actions: Action, or_public: bool = False, public_with: str = "") -> Access:
    """Return the access of a route whose caller needs one of the actions on the resource."""
    return Access(actions=actions, or_public=or_public or bool(public_with), public_with=public_with)


def access_of(handler: HTTPRouteHandler) -> Access:
    """Return the access that a route declares. Raises `LookupError`: nothing is open, or closed, by default."""
    access: Access | None = handler.opt.get("access")
    if access is None:
        raise LookupError(f"The route of {handler.handler_name} declares no access.")
    return access


def check_declared(routes: Iterable[BaseRoute]) -> None:
    """Return if every route declares its access. Raises `LookupError`."""
    for route in routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if not is_made_by_litestar(handler.fn):
                access_of(handler)
