"""Two kept runs side by side."""
