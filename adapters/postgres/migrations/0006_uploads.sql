-- Resumable uploads.

-- bucket to tags describe the file that an upload becomes; they are null for a partial one. store_state is the blob
-- store's own, null before anything was stored. held_until: when the writer's lock ends; a writer that died leaves it.
-- No reference to blobs: the row outlives the upload, and the blob is deleted with its files.
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
);

-- For listings, for finals that wait for a part, and for the reaper.
CREATE INDEX uploads_open_index ON uploads (id) WHERE NOT is_finished;
CREATE INDEX uploads_parts_index ON uploads USING gin (parts) WHERE NOT is_finished;
CREATE INDEX uploads_expires_at_index ON uploads (expires_at);
