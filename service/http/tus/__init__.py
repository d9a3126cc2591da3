"""tus 1.0.0, as the resources that take uploads speak it."""
