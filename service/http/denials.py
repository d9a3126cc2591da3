"""Denials of requests, for the audit: the caller and the missing right, as far as the request and the error tell."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from litestar import Request
from msgspec.structs import replace

from domain.access.callers import NOBODY, Caller
from domain.access.errors import AccessDeniedError, UnauthenticatedError
from domain.access.scopes import Action
from domain.audit.denials import Denials
from domain.audit.model import MAX_TEXT, Denial, DeniedAction
from domain.buckets.errors import InvalidBucketError
from domain.buckets.model import check_bucket_name
from domain.errors import DeniedAccess, FileportError
from service.http.access import access_of


def note_denial(request: Request[Any, Any, Any], error: FileportError) -> None:
    """Hand the denial that the error is, if it is one, to the `denials` in the application's state.

    A thing that is hidden counts, whose error is that of a thing that is missing. Nothing of a path is kept but the
    names of a bucket and of a file: other paths may hold secrets.
    """
    denials: Denials = request.app.state.denials
    parameters: Mapping[str, Any] = request.scope.get("path_params", {})
    file_id = parameters.get("file_id")
    denial = denial_of(
        error,
        _caller(request),
        action=_action(request),
        bucket=parameters.get("bucket"),
        file_id=file_id if isinstance(file_id, UUID) else None,
        name=_path_name(parameters.get("name")),
    )
    if denial is not None:
        denials.add(denial)


def denial_of(
    error: FileportError,
    caller: Caller,
    *,
    action: Action | None,
    bucket: str | None,
    name: str | None,
    file_id: UUID | None = None,
) -> Denial | None:
    """Return the denial that the error is, None where it is none. What it does not tell is as the request has it.

    `action` is the one that the request needs, None where it needs none but to authenticate.
    """
    denied = error.denied or _denied_as(error)
    if denied is None:
        return None
    return Denial(
        caller=caller,
        action=cast(DeniedAction, f"access.{denied.action or action or 'authenticate'}"),
        bucket=_bucket(denied.bucket or bucket),
        file_id=file_id,
        name=_text(denied.name or name),
    )


def _denied_as(error: FileportError) -> DeniedAccess | None:
    if isinstance(error, UnauthenticatedError):
        return DeniedAccess("authenticate")
    return DeniedAccess() if isinstance(error, AccessDeniedError) else None


def _caller(request: Request[Any, Any, Any]) -> Caller:
    caller: Caller | None = request.scope.get("user")
    if caller is not None:
        return caller
    state = request.scope.get("state", {})
    return replace(NOBODY, address=state.get("client"), request_id=state.get("request_id"))


def _action(request: Request[Any, Any, Any]) -> Action | None:
    actions = access_of(request.route_handler).actions
    return actions[0] if actions else None


def _bucket(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return check_bucket_name(name)
    except InvalidBucketError:
        return None


def _path_name(parameter: str | None) -> str | None:
    return None if parameter is None else parameter.removeprefix("/")


def _text(name: str | None) -> str | None:
    """Return a name that was asked for as the catalog can hold it."""
    if name is None:
        return None
    return name.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:MAX_TEXT]
