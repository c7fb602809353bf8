<<<<<<< HEAD
"""The commands of `plumb eval`, one to a file."""
=======
"""Commands of `plumb eval`, and those that need evaluations; one per file."""
>>>>>>> registry
