"""`/v1/direct-uploads`."""
