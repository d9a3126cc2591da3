"""What handlers depend on: a database session, the store, and a caller with the key."""

import secrets
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel.ext.asyncio.session import AsyncSession

from bench.guides.settings import settings
from bench.guides.storage import Storage

_bearer = HTTPBearer()


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session


async def get_storage(request: Request) -> Storage:
    storage: Storage = request.app.state.storage
    return storage


async def require_key(credentials: Annotated[HTTPAuthorizationCredentials, Depends(_bearer)]) -> None:
    if not secrets.compare_digest(credentials.credentials, settings.key):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "The key is not valid.")


SessionDependency = Annotated[AsyncSession, Depends(get_session)]
StorageDependency = Annotated[Storage, Depends(get_storage)]
