-- Buckets, blobs, files, and the usage of buckets.
--
-- Names have the collation "C": they sort by code point whatever the database's locale is, and prefixes are ranges.

CREATE TABLE buckets (
    name text COLLATE "C" PRIMARY KEY,
    max_file_size bigint,
    allowed_types text[],
    quota_bytes bigint,
    default_ttl bigint,
    public boolean NOT NULL,
    cache_control text,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp()
);

INSERT INTO buckets (name, public) VALUES ('default', false);

-- The sum of a bucket's rows is exact. A single row would make uploads wait for each other; pages stay half empty, so
-- that an update stays on its page.
CREATE TABLE bucket_usage (
    bucket text COLLATE "C" NOT NULL REFERENCES buckets ON DELETE CASCADE,
    shard integer NOT NULL,
    bytes bigint NOT NULL,
    files bigint NOT NULL,
    PRIMARY KEY (bucket, shard)
) WITH (fillfactor = 50);

-- size and sha256 are known once a blob was live. due_at: when a condemned blob may be claimed; a claim postpones it by
-- its lease.
CREATE TABLE blobs (
    key text COLLATE "C" PRIMARY KEY,
    state text NOT NULL,
    file_count integer NOT NULL DEFAULT 0,
    size bigint,
    sha256 text COLLATE "C",
    lease_until timestamptz,
    epoch integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    CONSTRAINT blobs_state_check CHECK (state IN ('staged', 'live', 'condemned')),
    CONSTRAINT blobs_file_count_check CHECK (file_count >= 0),
    CONSTRAINT blobs_live_check CHECK ((state = 'live') = (file_count > 0)),
    CONSTRAINT blobs_measured_check
        CHECK (state <> 'live' OR (size IS NOT NULL AND sha256 IS NOT NULL)),
    CONSTRAINT blobs_staged_check CHECK ((state = 'staged') = (lease_until IS NOT NULL)),
    CONSTRAINT blobs_condemned_check CHECK ((state = 'condemned') = (due_at IS NOT NULL)),
    CONSTRAINT blobs_size_check CHECK (size >= 0),
    CONSTRAINT blobs_sha256_check CHECK (length(sha256) = 64)
);

CREATE TABLE files (
    id uuid PRIMARY KEY,
    bucket text COLLATE "C" NOT NULL CONSTRAINT files_bucket_fkey REFERENCES buckets,
    name text COLLATE "C" NOT NULL,
    content_type text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    sha256 text COLLATE "C" NOT NULL,
    blob_key text COLLATE "C" NOT NULL CONSTRAINT files_blob_key_fkey REFERENCES blobs,
    metadata jsonb NOT NULL,
    tags text[] NOT NULL,
    name_words tsvector NOT NULL,
    revision integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    CONSTRAINT files_bucket_name_key UNIQUE (bucket, name),
    CONSTRAINT files_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    CONSTRAINT files_revision_check CHECK (revision >= 1)
);

-- For the reaper.
CREATE INDEX blobs_lapsing_index ON blobs (lease_until) WHERE state = 'staged';
CREATE INDEX blobs_due_index ON blobs (due_at) WHERE state = 'condemned';

-- For the check that a blob's row has no file when it is deleted, for repeated commits and for fsck.
CREATE INDEX files_blob_key_index ON files (blob_key);

-- For listings: one for each order of all files, and one for each filter that may leave few of many. The reaper uses the
-- one on expires_at, too.
CREATE INDEX files_created_at_index ON files (created_at, id);
CREATE INDEX files_bucket_created_at_index ON files (bucket, created_at, id);
CREATE INDEX files_updated_at_index ON files (updated_at, id);
CREATE INDEX files_size_index ON files (size, id);
CREATE INDEX files_name_index ON files (name, id);
CREATE INDEX files_content_type_index ON files (content_type, id);
CREATE INDEX files_sha256_index ON files (sha256, id);
CREATE INDEX files_expires_at_index ON files (expires_at, id);
CREATE INDEX files_tags_index ON files USING gin (tags);
CREATE INDEX files_metadata_index ON files USING gin (metadata jsonb_path_ops);
CREATE INDEX files_name_words_index ON files USING gin (name_words);
