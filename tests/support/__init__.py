"""What tests start, call and make."""
