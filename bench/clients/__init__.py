"""Load generators: wrk for small requests, clients of our own for large bodies and where wrk is missing."""
