-- The CRC-32 of blobs, which archives need before the bytes. Blobs that were stored earlier have none, and get it when an
-- archive needs it first. The check is not made of the rows that are there: they have no value.

ALTER TABLE blobs ADD COLUMN crc32 bigint;
ALTER TABLE blobs ADD CONSTRAINT blobs_crc32_check CHECK (crc32 BETWEEN 0 AND 4294967295) NOT VALID;
