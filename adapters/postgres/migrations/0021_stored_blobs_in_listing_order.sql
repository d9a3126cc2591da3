-- outside a transaction
-- Blobs in the order in which stores list them, as 0002 has them, without those that no store has.

DROP INDEX CONCURRENTLY IF EXISTS blobs_place_index;
CREATE INDEX CONCURRENTLY blobs_place_index ON blobs (right(key, 2), key) WHERE content IS NULL;
