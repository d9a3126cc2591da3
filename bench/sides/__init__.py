"""What is compared: each side is started once a run, answers on a port, and is stopped at the end."""
