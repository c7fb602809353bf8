"""Run a suite: ask every case, score it, cache what was paid for, store the run."""
