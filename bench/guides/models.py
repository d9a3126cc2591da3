"""Files as a table, and as the API shows them."""

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


def _now() -> datetime:
    return datetime.now(UTC)


class FileBase(SQLModel):
    name: str = Field(index=True, unique=True)
    content_type: str
    size: int = Field(sa_type=BigInteger)
    tags: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    file_metadata: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class File(FileBase, table=True):
    """A row. `key` names the bytes in the store."""

    __tablename__ = "files"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    key: str
    created_at: datetime = Field(
        default_factory=_now, sa_column=Column(DateTime(timezone=True), nullable=False, index=True)
    )


class FilePublic(FileBase):
    id: uuid.UUID
    created_at: datetime
