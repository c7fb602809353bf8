"""Statistics, one method per file. They know numbers only, nothing of runs, suites or metrics."""
