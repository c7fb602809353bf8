"""Run a suite: ask every case, score it, keep what was paid for."""
