"""What the parts alone can do here: bare applications, one query, one insert, a copy, a store called directly."""
