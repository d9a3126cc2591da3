-- Idempotency keys, with the results of their requests.

-- While a request is in flight there is a lease; the result, which may be NULL itself, replaces it.
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
);

CREATE INDEX idempotency_keys_expires_at_index ON idempotency_keys (expires_at);
