"""A version of a prompt: its file, the variables that code fills in, the output that code checks."""
