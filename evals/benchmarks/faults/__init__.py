"""A load of minutes on several workers, and what breaks under it: see `evals.benchmarks.load_faults`."""
