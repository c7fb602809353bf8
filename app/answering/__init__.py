"""Retrieve, prompt, generate, check citations."""
