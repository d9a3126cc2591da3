"""Idempotency keys, with what came of the requests that had them."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # While a request is in flight there is a lease; its result, which may be NULL itself, takes the lease's place.
    op.execute(
        """
        CREATE TABLE idempotency_keys (
            caller text COLLATE "C" NOT NULL,
            key text COLLATE "C" NOT NULL,
            fingerprint text COLLATE "C" NOT NULL,
            holder uuid NOT NULL,
            lease_until timestamptz,
            result jsonb,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (caller, key),
            CONSTRAINT idempotency_keys_result_check CHECK (lease_until IS NULL OR result IS NULL)
        )
        """
    )
    op.execute("CREATE INDEX idempotency_keys_expires_at_index ON idempotency_keys (expires_at)")
