"""The problems that the OpenAPI document has for each operation, and responses that are none of them."""

import re
from collections.abc import Mapping
from typing import Any

import httpx

MEDIA_TYPE = "application/problem+json"


class DocumentedProblems:
    """Fails the test whose request has a problem for a response that its operation does not document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._items = [(_pattern(path), item) for path, item in document["paths"].items()]

    async def check(self, response: httpx.Response) -> None:
        """Look the response's code up. Responses outside of every operation, as to a wrong method, are left out."""
        await response.aread()
        if response.headers.get("content-type") != MEDIA_TYPE or not response.content:
            return
        operation = self._operation(response.request)
        if operation is not None:
            code = response.json()["code"]
            documented = operation["responses"].get(str(response.status_code), {}).get("content", {})
            assert code in documented.get(MEDIA_TYPE, {}).get("examples", {}), (
                f"{operation['operationId']} does not document {response.status_code} {code}"
            )

    def _operation(self, request: httpx.Request) -> Mapping[str, Any] | None:
        path = request.url.raw_path.decode().partition("?")[0]
        # Of the whole API, only tus takes a method from a header.
        override = request.headers.get("x-http-method-override") if path.startswith("/v1/uploads") else None
        method = (override or request.method).lower()
        matching = [item for pattern, item in self._items if pattern.fullmatch(path)]
        return next((item[method] for item in matching if method in item), None)


def _pattern(path: str) -> re.Pattern[str]:
    # A file's name is the one parameter that may hold slashes.
    parts = re.split(r"({\w+})", path)
    return re.compile("".join(_PARAMETERS.get(part, "[^/]+") if part[:1] == "{" else re.escape(part) for part in parts))


_PARAMETERS = {"{name}": ".+"}
