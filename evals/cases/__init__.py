"""Cases: the questions of a dataset, with what is known to be right."""
