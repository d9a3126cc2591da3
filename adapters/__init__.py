"""How the ports are kept: one package a technology, none importing another."""
