"""The plans of statements: an index serves each, or a time limit ends it."""
