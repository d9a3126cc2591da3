"""`/v1/uploads`: tus 1.0."""
