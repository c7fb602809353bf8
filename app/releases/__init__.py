"""Releases: what serves answers, named in one file; their history, and what a revision pins."""
