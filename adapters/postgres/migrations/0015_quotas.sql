-- outside a transaction
-- A limit on the number of a bucket's files, and room in a bucket that a staged blob has reserved. A reservation ends with
-- its blob's state, whoever changes that: releases before this one need not know of it.
ALTER TABLE buckets ADD COLUMN IF NOT EXISTS quota_files bigint;
ALTER TABLE blobs
    ADD COLUMN IF NOT EXISTS reserved_bucket text COLLATE "C",
    ADD COLUMN IF NOT EXISTS reserved_bytes bigint,
    ADD COLUMN IF NOT EXISTS reserved_files integer;
DROP INDEX CONCURRENTLY IF EXISTS blobs_reserved_index;
CREATE INDEX CONCURRENTLY blobs_reserved_index ON blobs (reserved_bucket)
    INCLUDE (reserved_bytes, reserved_files, lease_until)
    WHERE state = 'staged' AND reserved_bucket IS NOT NULL;
