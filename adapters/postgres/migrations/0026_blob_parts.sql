-- The parts that a blob came in, in their order: where a reader may begin, and what it can verify. Most blobs have none.

CREATE TABLE blob_parts (
    blob_key text COLLATE "C" PRIMARY KEY CONSTRAINT blob_parts_blob_key_fkey REFERENCES blobs ON DELETE CASCADE,
    sizes bigint[] NOT NULL,
    checksums text[] NOT NULL,
    CONSTRAINT blob_parts_lengths_check CHECK (cardinality(sizes) = cardinality(checksums))
);
