"""Measures a real `fileport serve` on this machine: `python -m bench`, or `make bench`."""
