"""Results of evaluations, as their folder holds them; the evaluations themselves are in `evals`."""
