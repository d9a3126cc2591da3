-- A key's own limits, requests a second and transfers at once; null: those that hold for all.

ALTER TABLE keys ADD COLUMN IF NOT EXISTS rate integer;
ALTER TABLE keys ADD COLUMN IF NOT EXISTS transfers integer;
