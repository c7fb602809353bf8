"""Let a protected alias move only to what has passed a gate."""
