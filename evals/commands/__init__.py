"""Commands of `plumb eval`, and those that need evaluations; one per file."""
