"""The HTTP/1.1 protocol of one connection: heads, messages, what is refused."""
