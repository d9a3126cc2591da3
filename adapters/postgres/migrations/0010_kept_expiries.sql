-- Whether a caller has set a file's expiry, which storing the file again then keeps.

ALTER TABLE files ADD COLUMN IF NOT EXISTS keeps_expiry boolean NOT NULL DEFAULT false;
