"""The audit: who did what to which file, when, and from where."""
