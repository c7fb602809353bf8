"""Whether a prompt's examples give away what a dataset asks."""
