"""Resumable uploads: what is known of each but its bytes."""

from alembic import op

revision = "0006"
down_revision = "0005"

_STATEMENTS = (
    # bucket to tags say which file it becomes; they are null for a partial one. store_state is the blob store's own,
    # null before anything was stored. held_until: until when nobody else writes; still there where a holder died.
    # No reference to blobs: a finished upload is kept, and its blob goes with its files.
    """
    CREATE TABLE uploads (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        blob_key text COLLATE "C" NOT NULL,
        length bigint,
        size bigint NOT NULL DEFAULT 0,
        store_state jsonb,
        bucket text COLLATE "C",
        name text COLLATE "C",
        content_type text COLLATE "C",
        metadata jsonb,
        tags text[],
        given text NOT NULL,
        parts uuid[] NOT NULL,
        is_finished boolean NOT NULL DEFAULT false,
        file_id uuid,
        epoch bigint NOT NULL DEFAULT 0,
        held_until timestamptz,
        is_wanted boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
        expires_at timestamptz NOT NULL,
        CONSTRAINT uploads_kind_check CHECK (kind IN ('whole', 'partial', 'final')),
        CONSTRAINT uploads_target_check CHECK ((kind = 'partial') = (bucket IS NULL)),
        CONSTRAINT uploads_size_check CHECK (size >= 0 AND (length IS NULL OR size <= length))
    )
    """,
    # For listings, for finals that wait for a part, and for the reaper.
    "CREATE INDEX uploads_open_index ON uploads (id) WHERE NOT is_finished",
    "CREATE INDEX uploads_parts_index ON uploads USING gin (parts) WHERE NOT is_finished",
    "CREATE INDEX uploads_expires_at_index ON uploads (expires_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
