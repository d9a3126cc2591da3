"""The check of a key with each request, which seldom asks the catalog."""
