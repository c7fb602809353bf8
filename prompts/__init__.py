"""Versioned prompts: the files, and the registry that loads and validates them."""
