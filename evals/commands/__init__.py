"""The commands of `plumb eval`, one to a file."""
