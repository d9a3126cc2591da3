"""Measures Fileport beside others on this machine: `python -m bench`, or `make bench`. See docs/benchmark.md."""
