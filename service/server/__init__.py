"""The wire and the processes: HTTP/1.1, connections, workers, shutdown. Knows no resource."""
