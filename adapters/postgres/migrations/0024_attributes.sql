-- What the S3 protocol keeps of a file: content headers, labels, sums. Null for all others, and no index, so that they
-- cost nothing.

ALTER TABLE files ADD COLUMN IF NOT EXISTS attributes jsonb;
