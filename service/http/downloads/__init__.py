"""Downloads: the bytes of a file as a response, as several resources send them."""
