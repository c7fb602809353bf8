"""Metrics, one family to a file."""
