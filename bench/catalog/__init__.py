"""Measure the catalog with millions of files: what each listing costs, and by which plan."""
