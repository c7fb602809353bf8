"""Suites: which questions, about which systems, by which metrics, and what is good enough."""
