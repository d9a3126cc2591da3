"""Which adapter keeps which port."""
