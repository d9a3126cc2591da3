"""The front: addresses, operations, refusals, XML, forms, CORS."""
