-- Who made an upload or a job: `Caller.owner`. What was made before, or is made by a replica of a former release, is the
-- root's.

ALTER TABLE jobs ADD COLUMN IF NOT EXISTS owner text COLLATE "C" NOT NULL DEFAULT 'root';
ALTER TABLE uploads ADD COLUMN IF NOT EXISTS owner text COLLATE "C" NOT NULL DEFAULT 'root';
ALTER TABLE direct_uploads ADD COLUMN IF NOT EXISTS owner text COLLATE "C" NOT NULL DEFAULT 'root';
