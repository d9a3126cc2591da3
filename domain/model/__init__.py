"""Fileport's values and the pure rules on them, a module a concept."""
