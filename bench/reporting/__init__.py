"""From samples to what a reader sees: ratios, the table, result sets, plots."""
