-- outside a transaction
-- For a bucket's usage: the files that have expired, and that the reaper has not removed yet.

DROP INDEX CONCURRENTLY IF EXISTS files_bucket_expires_at_index;
CREATE INDEX CONCURRENTLY files_bucket_expires_at_index ON files (bucket, expires_at) INCLUDE (size)
    WHERE expires_at IS NOT NULL;
