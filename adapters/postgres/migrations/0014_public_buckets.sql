-- Whether anybody may list a public bucket, and the CORS rules of its files: a list of objects, null for none.

ALTER TABLE buckets ADD COLUMN IF NOT EXISTS public_listing boolean NOT NULL DEFAULT false;
ALTER TABLE buckets ADD COLUMN IF NOT EXISTS cors jsonb;
