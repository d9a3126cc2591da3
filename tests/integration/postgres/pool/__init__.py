"""The pool of connections, and the credentials that it connects with."""
