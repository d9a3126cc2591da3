-- Small blobs whose bytes are in their own row, under keys that begin with f. Uncompressed: most formats of small files
-- that matter are short of anything to compress, and reading is to cost nothing.

ALTER TABLE blobs ADD COLUMN IF NOT EXISTS content bytea;
ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL;
-- The check is not made of the rows that are there: they have no value.
ALTER TABLE blobs
    DROP CONSTRAINT IF EXISTS blobs_content_check,
    ADD CONSTRAINT blobs_content_check CHECK (content IS NULL OR (key >= 'f' AND state <> 'staged')) NOT VALID;
