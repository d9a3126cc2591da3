"""Links: made and managed below `/v1`, at work below `/s`."""
