"""Does the gate work? Break a system on purpose, and see whether the gate notices."""
