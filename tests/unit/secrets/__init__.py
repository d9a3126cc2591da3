"""Tests of the service secret."""
