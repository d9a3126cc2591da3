"""The schema, as Alembic migrations."""

# The newest one. Revisions are numbers of four digits, so that they compare as text.
HEAD = "0007"
