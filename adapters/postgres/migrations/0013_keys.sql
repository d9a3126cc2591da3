-- API keys, and what of their secrets is kept: a code and the secret itself, both of no use without the service secret.

-- id: UUIDv7, so that it sorts by the time of creation. access_key_id: the part of a secret that it is found by. version: of
-- the newest secret. A key without expires_at never expires.
CREATE TABLE IF NOT EXISTS keys (
    id uuid PRIMARY KEY,
    access_key_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    scopes jsonb NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    CONSTRAINT keys_access_key_id_key UNIQUE (access_key_id)
);

-- code: HMAC-SHA256 of the secret. sealed: the secret under AES-256-GCM, bound to the key and the version. Both begin with the
-- id of the service secret, four bytes. ends_at: of a secret that was replaced.
CREATE TABLE IF NOT EXISTS key_secrets (
    key_id uuid NOT NULL,
    version integer NOT NULL,
    code bytea NOT NULL,
    sealed bytea NOT NULL,
    ends_at timestamptz,
    PRIMARY KEY (key_id, version),
    CONSTRAINT key_secrets_key_fkey FOREIGN KEY (key_id) REFERENCES keys (id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS key_secrets_ends_at_index ON key_secrets (ends_at) WHERE ends_at IS NOT NULL;
