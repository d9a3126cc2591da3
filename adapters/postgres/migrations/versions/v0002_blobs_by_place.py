"""Blobs in the order in which stores list them: by the last two digits of their keys first."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE INDEX blobs_place_index ON blobs (right(key, 2), key)")
