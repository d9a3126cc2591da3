"""Hot routes, served beneath the framework.

Of a small request, the framework takes more time than all else together: routing, a copy of the handler for each guard,
a container for what the handler is given, layers of error handling, the response (docs/decisions/0037). A route that is
declared as `is_hot` is served here where its request has the form that most have, by the same function, behind the same
guards, on the same use cases. Any other request is the framework's, and so is every refusal: it is raised again where
the framework would have met it.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from inspect import signature
from typing import Any, cast, get_type_hints
from uuid import UUID

from dishka import AsyncContainer
from dishka.entities.key import DependencyKey
from dishka.integrations.base import default_parse_dependency
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.exceptions import LitestarException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from service.http.middleware.response_progress import progress_of
from service.http.request import FileportRequest

# The key, in the state of a scope, of the error that a request has met here.
REFUSAL = "fileport.refusal"

# The forms that the framework takes to be the same are left to it: so each of these is its own normal form.
_SEGMENTS: Mapping[str, str] = {
    "str": r"[^/]+",
    "uuid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "path": r"[^/]+(?:/[^/]+)*",
}
_PARSERS: Mapping[str, Callable[[str], Any]] = {"str": str, "uuid": UUID, "path": "/{}".format}
_PLAIN_HOST = re.compile(rb"[0-9A-Za-z.:\[\]-]*")


class _HotRoute:
    """One route: its path, its handler, and what the handler is given besides the request."""

    def __init__(self, route: HTTPRoute, handler: HTTPRouteHandler) -> None:
        self.handler = handler
        self.template = route.path_format
        self.methods = handler.http_methods
        self.guards = cast("list[Callable[..., Awaitable[None]]]", handler.resolve_guards())
        # The one that dishka has wrapped, if it has, to find the dependencies in the container of each request.
        self.function: Callable[..., Awaitable[ASGIApp]] = getattr(handler.fn, "__dishka_orig_func__", handler.fn)
        self._takes_request = "request" in signature(self.function).parameters
        self._model = route.route_handler_map[next(iter(handler.http_methods))][1]
        self._parameters = {each.name: _PARSERS[_kind(each)] for each in route.path_parameters.values()}
        parts = (
            re.escape(each) if isinstance(each, str) else f"({_SEGMENTS[_kind(each)]})"
            for each in route.path_components
        )
        self._path = re.compile("/" + "/".join(parts))
        self._dependencies = _dependencies(self.function)
        self._given: dict[str, Any] | None = None

    def match(self, path: str) -> dict[str, Any] | None:
        """Return the parameters in the path, None where it is not the route's."""
        found = self._path.fullmatch(path)
        if found is None:
            return None
        return {name: parse(text) for (name, parse), text in zip(self._parameters.items(), found.groups(), strict=True)}

    async def respond(self, request: FileportRequest, container: AsyncContainer) -> ASGIApp:
        """Call the handler. All that it is given from the container lives as long as the application."""
        if self._given is None:
            self._given = {
                name: await container.get(key.type_hint, key.component) for name, key in self._dependencies.items()
            }
        return await self.function(**await self._parse(request), **self._given)

    async def _parse(self, request: FileportRequest) -> dict[str, Any]:
        """Return the arguments that are in the path and the query, as the framework reads them. Raises its errors."""
        if request.scope["query_string"]:
            arguments = await self._model.to_kwargs(connection=request)
            return self.handler.signature_model.parse_values_from_connection_kwargs(request, arguments)
        arguments = dict(request.scope["path_params"])
        if self._takes_request:
            arguments["request"] = request
        return arguments


class DirectRoutes:
    """The application, with its hot reads served beneath the framework."""

    def __init__(self, app: Litestar, container: AsyncContainer) -> None:
        self._app = app
        self._container = container
        self._routes = [
            _HotRoute(route, handler)
            for route in app.routes
            if isinstance(route, HTTPRoute)
            for handler in route.route_handlers
            if handler.opt.get("is_hot")
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and _is_plain(scope):
            for route in self._routes:
                parameters = route.match(scope["path"])
                if parameters is not None and scope["method"] in route.methods:
                    await self._serve(route, parameters, scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _serve(
        self, route: _HotRoute, parameters: dict[str, Any], scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        scope["litestar_app"] = scope["app"] = self._app
        scope["route_handler"], scope["path_template"] = route.handler, route.template
        scope["path_params"] = parameters
        request = FileportRequest(scope, receive, send)
        try:
            for guard in route.guards:
                await guard(request, route.handler)
            response = await route.respond(request, self._container)
            await response(scope, receive, send)
        except Exception as error:
            if progress_of(scope).has_begun:
                # As the framework does.
                raise LitestarException("Exception caught after response started") from error
            scope["state"][REFUSAL] = error
            await self._app(scope, receive, send)


def raise_refusal(scope: Scope) -> None:
    """Raise the error that the request has met beneath the framework, if it has met one."""
    refusal = scope.get("state", {}).get(REFUSAL)
    if refusal is not None:
        raise refusal


def _is_plain(scope: HTTPScope) -> bool:
    """Return whether a request has nothing that the framework would look at before its path and its method."""
    if scope.get("root_path"):
        return False
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return _PLAIN_HOST.fullmatch(host) is not None


def _kind(parameter: Any) -> str:
    """Return the type of a parameter in a path, as the path says it."""
    return cast(str, parameter.full.partition(":")[2])


def _dependencies(function: Callable[..., Any]) -> dict[str, DependencyKey]:
    hints = get_type_hints(function, include_extras=True)
    found = {
        name: default_parse_dependency(parameter, hints[name])
        for name, parameter in signature(function).parameters.items()
    }
    return {name: key for name, key in found.items() if key is not None}
