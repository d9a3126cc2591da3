-- Blobs in the order in which stores list them: by the last two digits of their keys first.

CREATE INDEX blobs_place_index ON blobs (right(key, 2), key);
