"""Files in PostgreSQL: their records, the commit and the changes."""
