"""Releases: made with their gate evidence, checked against it, and judged as canaries."""
