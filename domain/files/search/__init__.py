"""Listings of files: filters, sorting, pages."""
