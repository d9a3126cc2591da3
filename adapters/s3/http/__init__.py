"""The requests for single objects, signed and sent here; docs/decisions/0041 says why."""
