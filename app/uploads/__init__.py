"""Files that callers upload over REST, a folder for each document set."""
