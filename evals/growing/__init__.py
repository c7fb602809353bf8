"""Datasets that grow: candidates from answers and documents, read by a person, then taken in."""
