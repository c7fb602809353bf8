"""The commands of `plumb eval`, and those of `plumb prompts` that ask for gates; one to a file."""
