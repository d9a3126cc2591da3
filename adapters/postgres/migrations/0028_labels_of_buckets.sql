-- The labels of a bucket, which S3 calls tags: an object of strings, null for none.

ALTER TABLE buckets ADD COLUMN IF NOT EXISTS labels jsonb;
