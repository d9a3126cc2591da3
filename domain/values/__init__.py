"""Values that every concept is built from."""
