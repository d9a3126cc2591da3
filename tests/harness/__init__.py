"""What puts a deployment under stress: kills, soak, random operations, faults."""
