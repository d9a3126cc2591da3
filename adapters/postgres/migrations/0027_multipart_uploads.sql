-- Multipart uploads, and their parts.

-- file: the file that an upload becomes. store_state is the blob store's own. part_size: that of the first part, at whose
-- multiples parts have their places. manifest: what the upload is completed with, once that was begun; claim_key: the
-- blob of the last completion that was begun, which counts while that blob is staged and leased. result: the file that it
-- became. No reference to blobs: a row outlives its upload, and the blob is deleted with its files.
CREATE TABLE multipart_uploads (
    id uuid PRIMARY KEY,
    bucket text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    file jsonb NOT NULL,
    owner text COLLATE "C" NOT NULL,
    blob_key text COLLATE "C" NOT NULL,
    store_state jsonb NOT NULL,
    checksums jsonb,
    part_size bigint,
    manifest text COLLATE "C",
    claim_key text COLLATE "C",
    result jsonb,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT multipart_uploads_blob_key_key UNIQUE (blob_key),
    CONSTRAINT multipart_uploads_part_size_check CHECK (part_size > 0)
);

CREATE INDEX multipart_uploads_open_index ON multipart_uploads (bucket, name, id) WHERE result IS NULL;
CREATE INDEX multipart_uploads_expires_at_index ON multipart_uploads (expires_at);

-- A row is made when a part begins, and has_place where it then got its place in the upload; the rest is null until its
-- bytes are there. blob_key: where they are, if they are not at that place.
CREATE TABLE multipart_parts (
    upload_id uuid NOT NULL REFERENCES multipart_uploads ON DELETE CASCADE,
    number integer NOT NULL,
    begun_size bigint NOT NULL,
    size bigint,
    md5 text COLLATE "C",
    checksum text COLLATE "C",
    blob_key text COLLATE "C",
    receipt text,
    modified_at timestamptz,
    PRIMARY KEY (upload_id, number),
    CONSTRAINT multipart_parts_number_check CHECK (number BETWEEN 1 AND 10000),
    CONSTRAINT multipart_parts_whole_check CHECK ((size IS NULL) = (md5 IS NULL) AND (size IS NULL) = (modified_at IS NULL))
);

-- For the blobs of an upload's parts, which are few.
CREATE INDEX multipart_parts_blob_index ON multipart_parts (upload_id, blob_key) WHERE blob_key IS NOT NULL;
