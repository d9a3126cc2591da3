"""Forms (RFC 7578), as clients really send them, streamed."""
