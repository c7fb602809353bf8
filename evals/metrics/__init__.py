"""Metrics, one family to a file, and the judge that some of them call."""
