"""Suites, datasets and their cases: the questions, and what is known to be right."""
