"""Speed and quality, measured: `make bench`, or `python -m evals.benchmarks NAME …` for some.

Speeds are ratios of two things timed in one run; qualities are on the public sets in
`PLUMB_BENCH_DATA` (default `../shared/data`), which are never committed.
"""
