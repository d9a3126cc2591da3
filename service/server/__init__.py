"""The wire and the processes: the HTTP/1.1 protocol, the listener, the supervisor of workers, graceful shutdown."""
