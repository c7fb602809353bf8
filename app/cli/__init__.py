"""The command line of this package. Heavy imports wait until a command runs."""
