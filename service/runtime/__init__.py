"""What runs beside the requests: periodic work, wake-ups, limits of concurrency."""
