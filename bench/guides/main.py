"""The application: `uvicorn bench.guides.main:app`."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated

import aioboto3
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response, status
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel, desc, select

from bench.guides.dependencies import SessionDependency, StorageDependency, require_key
from bench.guides.models import File, FilePublic
from bench.guides.settings import settings
from bench.guides.storage import BucketStorage, DirectoryStorage

router = APIRouter(dependencies=[Depends(require_key)])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        engine = create_async_engine(settings.database_url, pool_size=10)
        stack.push_async_callback(engine.dispose)
        async with engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        app.state.engine = engine
        if settings.bucket is None:
            settings.directory.mkdir(parents=True, exist_ok=True)
            app.state.storage = DirectoryStorage(settings.directory)
        else:
            session = aioboto3.Session()
            client = await stack.enter_async_context(session.client("s3", endpoint_url=settings.endpoint_url))
            app.state.storage = BucketStorage(client, settings.bucket)
        yield


@router.put("/files/{name:path}", status_code=status.HTTP_201_CREATED, response_model=FilePublic)
async def upload_file(name: str, request: Request, session: SessionDependency, storage: StorageDependency) -> File:
    key = uuid.uuid4().hex
    size = await storage.save(key, request.stream())
    content_type = request.headers.get("content-type", "application/octet-stream")
    file = File(name=name, content_type=content_type, size=size, key=key)
    session.add(file)
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "There is a file of that name.") from error
    return file


@router.get("/files", response_model=list[FilePublic])
async def list_files(
    session: SessionDependency, offset: int = 0, limit: Annotated[int, Query(le=1000)] = 50
) -> Sequence[File]:
    found = await session.exec(select(File).order_by(desc(File.created_at)).offset(offset).limit(limit))
    return found.all()


@router.get("/files/{file_id}", response_model=FilePublic)
async def read_file(file_id: uuid.UUID, session: SessionDependency) -> File:
    return _found(await session.get(File, file_id))


@router.get("/files/{file_id}/content")
async def download_file(file_id: uuid.UUID, session: SessionDependency, storage: StorageDependency) -> Response:
    return await storage.response(_found(await session.get(File, file_id)))


@router.get("/content/{name:path}")
async def download_by_name(name: str, session: SessionDependency, storage: StorageDependency) -> Response:
    found = await session.exec(select(File).where(File.name == name))
    return await storage.response(_found(found.first()))


def _found(file: File | None) -> File:
    if file is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such file.")
    return file


app = FastAPI(title="Files", lifespan=lifespan)
app.include_router(router)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
