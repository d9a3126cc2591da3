"""The document's descriptions of keys."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.access.callers import CallerLimits
from domain.access.scopes import Scope
from domain.keys.errors import NotRepeatableError
from domain.keys.model import IssuedKey, Key, KeyPatch, NewKey
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError
from service.http.bodies.file_examples import CHANGED, CREATED
from service.http.openapi.headers import LOCATION
from service.http.openapi.operation import Operation, Response, json_of
from service.http.resources.keys.bodies import KeyPageBody, Rotation, issued_key_body, key_body

_END = datetime(2027, 11, 3, tzinfo=UTC)
_WEEK = 604_800
_scopes = (
    Scope(actions=("read", "list"), bucket="music"),
    Scope(actions=("write",), bucket="music", prefix="queen/"),
)
KEY = Key(
    id=UUID("019a6b2c-1f3e-7a55-b0c6-5d9e8f70a1b2"),
    access_key_id="4fXk0Qz9TtWb",
    name="player of the website",
    scopes=_scopes,
    created_at=CREATED,
    expires_at=_END,
    last_used_at=CHANGED,
    limits=CallerLimits(rate=50),
)
_new = replace(KEY, last_used_at=None)
_issued = issued_key_body(IssuedKey(key=_new, secret="fp_4fXk0Qz9TtWb_" + "EXAMPLE" * 7))
_rotated = issued_key_body(IssuedKey(key=KEY, secret="fp_4fXk0Qz9TtWb_" + "ROTATED" * 7))
_renamed = replace(KEY, name="player", expires_at=None)
PAGE = KeyPageBody(items=[key_body(KEY)], limit=1, next=encode_position(KEY.id))

CREATE_KEY = Operation(
    body=json_of(NewKey(name=KEY.name, scopes=_scopes, expires_at=_END, rate=50)),
    responses=(Response(201, "The key, with its secret.", _issued, (LOCATION,)),),
    problems=(NotRepeatableError,),
)
LIST_KEYS = Operation(responses=(Response(200, "A page of keys.", PAGE),), problems=(InvalidCursorError,))
GET_KEY = Operation(
    responses=(
        Response(
            200,
            "The key.",
            json_of(key_body(KEY), revoked=key_body(replace(KEY, revoked_at=CHANGED + timedelta(days=1)))),
        ),
    )
)
CHANGE_KEY = Operation(
    body=json_of(KeyPatch(name="player", expires_at=None)),
    responses=(Response(200, "The key as it is now.", key_body(_renamed)),),
)
REVOKE_KEY = Operation(responses=(Response(204, "The key is revoked."),))
ROTATE_KEY = Operation(
    body=json_of(Rotation(overlap_seconds=_WEEK)),
    responses=(Response(200, "The key, with its new secret.", _rotated),),
    problems=(NotRepeatableError,),
)
