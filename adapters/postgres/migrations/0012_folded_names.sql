-- outside a transaction
-- Names as searches compare them: with their case folded, in one normal form, for names with characters beyond ASCII.
-- `adapters.postgres.files.folding` fills the columns, after this and for what releases before this one go on storing.
ALTER TABLE files ADD COLUMN IF NOT EXISTS folded_from text COLLATE "C", ADD COLUMN IF NOT EXISTS folded_name text COLLATE "C";
DROP INDEX CONCURRENTLY IF EXISTS files_unfolded_index;
CREATE INDEX CONCURRENTLY files_unfolded_index ON files (id)
    WHERE octet_length(name) > char_length(name) AND folded_from IS DISTINCT FROM name;
