"""The audit: its entries and its partitions."""
