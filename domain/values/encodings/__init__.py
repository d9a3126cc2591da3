"""The encodings of the Web (WHATWG's Encoding standard): their labels, and decoders that agree with it."""
