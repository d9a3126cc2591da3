"""Work on all files below a prefix, in the background."""
