"""Upload links: made, listed, and used."""
