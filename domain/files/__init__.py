"""Files: the metadata records, and their content."""
