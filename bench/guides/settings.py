"""Settings, from the environment."""

import os
from pathlib import Path

from pydantic import BaseModel


class Settings(BaseModel):
    """`database_url` begins with `postgresql+asyncpg:`. Bytes go to `bucket` if there is one, else to `directory`."""

    database_url: str
    key: str
    directory: Path
    bucket: str | None
    endpoint_url: str | None


settings = Settings(
    database_url=os.environ["GUIDES_DATABASE_URL"],
    key=os.environ["GUIDES_KEY"],
    directory=Path(os.environ["GUIDES_DIRECTORY"]),
    bucket=os.environ.get("GUIDES_BUCKET"),
    endpoint_url=os.environ.get("GUIDES_ENDPOINT_URL"),
)
