"""The settings tree and its groups."""
