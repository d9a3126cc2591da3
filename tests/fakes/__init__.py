"""A fake a port, in memory; `tests/contracts` shows that each keeps its port."""
