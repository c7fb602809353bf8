"""Measures the application from outside, as a user would see it."""
