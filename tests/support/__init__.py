"""Clients, processes, stacks and values for tests."""
