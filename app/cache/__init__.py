"""Answers kept for questions that are asked again, in the same words or in others."""
