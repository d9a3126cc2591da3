-- Uploads whose bytes clients send to the blob store themselves.

-- staging_key: where the client writes. Its bytes are deleted before this row, which is deleted with the blob's.
-- final_key: the blob of the last completion that was begun, which counts while that blob is staged and leased.
CREATE TABLE direct_uploads (
    id uuid PRIMARY KEY,
    bucket text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    content_type text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    sha256 text COLLATE "C",
    metadata jsonb,
    tags text[],
    precondition jsonb NOT NULL,
    part_size bigint NOT NULL,
    staging_key text COLLATE "C" NOT NULL
        CONSTRAINT direct_uploads_staging_key_fkey REFERENCES blobs ON DELETE CASCADE,
    multipart_id text,
    state text NOT NULL DEFAULT 'open',
    final_key text COLLATE "C",
    file_id uuid,
    failure jsonb,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT direct_uploads_staging_key_key UNIQUE (staging_key),
    CONSTRAINT direct_uploads_state_check CHECK (state IN ('open', 'completed', 'failed', 'aborted')),
    CONSTRAINT direct_uploads_completed_check CHECK ((state = 'completed') = (file_id IS NOT NULL)),
    CONSTRAINT direct_uploads_size_check CHECK (size >= 0),
    CONSTRAINT direct_uploads_part_size_check CHECK (part_size > 0)
);

CREATE INDEX direct_uploads_open_index ON direct_uploads (id) WHERE state = 'open';
