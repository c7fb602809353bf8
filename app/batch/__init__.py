"""Many questions from a file, answered into a file, going on where a killed run stopped."""
