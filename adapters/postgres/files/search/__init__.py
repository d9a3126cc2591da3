"""The search of files in PostgreSQL: filters, order and pages as SQL."""
