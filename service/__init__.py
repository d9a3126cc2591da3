"""The running microservice: wiring, HTTP and the command."""
