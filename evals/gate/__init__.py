"""The gate: is the candidate no worse than the baseline, and how sure is that?"""
