"""Bodies of requests, verified while they stream."""
