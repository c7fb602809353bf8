"""Document sets that are defined over REST, opened for reading, and who may read them."""
