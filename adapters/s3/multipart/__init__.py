"""Objects that are sent, or copied, in parts."""
