-- outside a transaction
-- Blobs in the order in which stores list them: by the last two digits of their keys first.

DROP INDEX CONCURRENTLY IF EXISTS blobs_place_index;
CREATE INDEX CONCURRENTLY blobs_place_index ON blobs (right(key, 2), key);
