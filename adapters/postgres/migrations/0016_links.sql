-- Links: addresses that serve a file, or take files, for people without a key.

-- token_hash: SHA-256 of the token, which is kept nowhere. secret signs the tickets of the link's clients, together with the
-- token. maker_scopes are those of a token, null for other makers. used: downloads, or uploads begun. No reference to files:
-- a link outlives its file for a while, and says that it has ended.
CREATE TABLE links (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    token_hash bytea NOT NULL,
    secret bytea NOT NULL,
    maker_kind text NOT NULL,
    maker_id text COLLATE "C" NOT NULL,
    maker_scopes jsonb,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    used bigint NOT NULL DEFAULT 0,
    file_id uuid,
    password_hash text,
    max_downloads bigint,
    filename text COLLATE "C",
    bucket text COLLATE "C" REFERENCES buckets (name) ON DELETE CASCADE,
    name text COLLATE "C",
    prefix text COLLATE "C",
    max_file_size bigint,
    allowed_types text[],
    max_files bigint,
    CONSTRAINT links_kind_check CHECK (kind IN ('share', 'upload')),
    CONSTRAINT links_file_check CHECK ((kind = 'share') = (file_id IS NOT NULL)),
    CONSTRAINT links_bucket_check CHECK ((kind = 'upload') = (bucket IS NOT NULL)),
    CONSTRAINT links_place_check CHECK ((kind = 'upload') = (num_nonnulls(name, prefix) = 1)),
    CONSTRAINT links_used_check CHECK (used >= 0)
);

CREATE UNIQUE INDEX links_token_hash_index ON links (token_hash);
CREATE INDEX links_file_index ON links (file_id, id) WHERE file_id IS NOT NULL;
CREATE INDEX links_bucket_index ON links (bucket, id) WHERE bucket IS NOT NULL;
CREATE INDEX links_end_index ON links (least(expires_at, revoked_at));
-- For the reaper: links that end with their file alone.
CREATE INDEX links_endless_index ON links (file_id)
    WHERE expires_at IS NULL AND revoked_at IS NULL AND file_id IS NOT NULL;

-- The addresses from which links were used, for downloads that are resumed; and the times of attempts at passwords.
CREATE TABLE link_addresses (
    link_id uuid NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    address text COLLATE "C" NOT NULL,
    used_at timestamptz,
    attempted_at timestamptz[] NOT NULL DEFAULT '{}',
    stale_at timestamptz NOT NULL,
    PRIMARY KEY (link_id, address)
);

CREATE INDEX link_addresses_stale_index ON link_addresses (stale_at);

-- What a file must be that comes in by a link: sizes, types, and whether a taken name gets a number.
ALTER TABLE uploads ADD COLUMN terms jsonb;
