"""The work beside the requests: periodic work, completions, wake-ups, limits on concurrency."""
