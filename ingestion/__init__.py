"""Documents -> chunks -> vectors -> an index."""
