-- The value of Upload-Concat as it was sent; uploads that were begun earlier have none.

ALTER TABLE uploads ADD COLUMN concat text NOT NULL DEFAULT '';
