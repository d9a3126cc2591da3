"""Fakes of the ports of access: keys, links and passwords."""
