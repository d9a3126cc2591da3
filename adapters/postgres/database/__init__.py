"""The connection to PostgreSQL: its pool, credentials, transactions and errors."""
