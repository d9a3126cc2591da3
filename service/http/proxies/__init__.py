"""Proxies in front of the service: the client's address and the public URL behind them."""
