"""Links: addresses for people without a key."""
