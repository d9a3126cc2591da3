"""`/v1/keys`: API keys. Secrets are in the answers that make them, and nowhere else."""

from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import Response, delete, patch, post

from domain.access.cursors import Cursors
from domain.keys.change_key import ChangeKey
from domain.keys.create_key import CreateKey
from domain.keys.errors import NotRepeatableError
from domain.keys.find_key import FindKey
from domain.keys.list_keys import ListKeys
from domain.keys.model import KeyPatch, NewKey
from domain.keys.revoke_key import RevokeKey
from domain.keys.rotate_key import RotateKey
from domain.values.cursors import decode_position, encode_position
from service.http.access import needs
from service.http.openapi.parameters import next_cursor, path, query
from service.http.request import FileportRequest
from service.http.resources.keys import openapi
from service.http.resources.keys.bodies import (
    IssuedKeyBody,
    KeyBody,
    KeyPageBody,
    Rotation,
    issued_key_body,
    key_body,
)
from service.http.routing import get_or_head
from service.http.tags import KEYS

KeyId = Annotated[UUID, path("The key's id.", str(openapi.KEY.id))]


@post("/", status_code=201, access=needs("admin"), operation=openapi.CREATE_KEY)
async def create_key(request: FileportRequest, create: FromDishka[CreateKey]) -> Response[IssuedKeyBody]:
    """Make a key.

    Its scopes and limits lie within the caller's, and it expires when the caller's key does, or sooner. The secret is
    shown once: nothing that is kept of it could show it again.
    """
    _refuse_idempotency_key(request)
    issued = await create(request.caller, await request.read_json(NewKey))
    return Response(issued_key_body(issued), status_code=201, headers={"Location": f"/v1/keys/{issued.key.id}"})


@get_or_head("/", access=needs("admin"), operation=openapi.LIST_KEYS)
async def list_keys(
    request: FileportRequest,
    *,
    list_page: FromDishka[ListKeys],
    cursors: FromDishka[Cursors],
    revoked: Annotated[bool, query("Those that are revoked, too.", True)] = False,
    limit: Annotated[int, query("At most so many keys.", 50, ge=1, le=1000)] = 50,
    cursor: Annotated[str | None, next_cursor(openapi.PAGE.next)] = None,
) -> KeyPageBody:
    """List the keys whose scopes lie within the caller's, the newest first."""
    known = cursors.take(request.caller, cursor)
    after = None if known is None else decode_position(known, UUID)
    page = await list_page(request.caller, revoked=revoked, after=after, limit=limit)
    return KeyPageBody(
        items=[key_body(key) for key in page.items],
        limit=limit,
        next=cursors.give(request.caller, None if page.next is None else encode_position(page.next)),
    )


@get_or_head("/{key_id:uuid}", access=needs("admin"), operation=openapi.GET_KEY)
async def get_key(request: FileportRequest, key_id: KeyId, find: FromDishka[FindKey]) -> KeyBody:
    """Return a key, revoked or not."""
    return key_body(await find(request.caller, key_id))


@patch("/{key_id:uuid}", access=needs("admin"), operation=openapi.CHANGE_KEY)
async def change_key(request: FileportRequest, key_id: KeyId, change: FromDishka[ChangeKey]) -> KeyBody:
    """Change the name, the scopes, the expiry or the limits of a key with a JSON merge patch.

    RFC 7396: a field that is left out stays. What is new lies within the caller's own.
    """
    return key_body(await change(request.caller, key_id, await request.read_json(KeyPatch)))


@delete("/{key_id:uuid}", access=needs("admin"), operation=openapi.REVOKE_KEY)
async def revoke_key(request: FileportRequest, key_id: KeyId, revoke: FromDishka[RevokeKey]) -> None:
    """Revoke a key, for ever.

    Every replica refuses it within five seconds. The key stays readable, with `revoked_at`.
    """
    await revoke(request.caller, key_id)


@post("/{key_id:uuid}/rotate", status_code=200, access=needs("admin"), operation=openapi.ROTATE_KEY)
async def rotate_key(request: FileportRequest, key_id: KeyId, rotate: FromDishka[RotateKey]) -> IssuedKeyBody:
    """Give a key a new secret.

    The former one goes on to be taken for `overlap_seconds`; one that an earlier rotation left ends at once. The key
    lives no longer than the caller's own.
    """
    _refuse_idempotency_key(request)
    rotation = await request.read_json(Rotation)
    return issued_key_body(await rotate(request.caller, key_id, overlap=rotation.overlap_seconds))


def _refuse_idempotency_key(request: FileportRequest) -> None:
    """Raise `NotRepeatableError` for a request that asks for its answer to be kept."""
    if "idempotency-key" in request.headers:
        raise NotRepeatableError(NotRepeatableError.example)


ROUTER = DishkaRouter(
    "/keys",
    opt={"tag": KEYS},
    route_handlers=[create_key, list_keys, get_key, change_key, revoke_key, rotate_key],
)
