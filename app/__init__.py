"""Question -> grounded, cited answer; over REST and on the command line."""
