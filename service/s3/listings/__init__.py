"""The operations that list objects."""
