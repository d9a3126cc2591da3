"""Under which conditions a resumable upload becomes its file; uploads that were begun before have none."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE uploads ADD COLUMN precondition jsonb DEFAULT '{}'")
