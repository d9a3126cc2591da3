"""Tables of content types."""
