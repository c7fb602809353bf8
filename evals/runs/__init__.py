"""Runs: what a suite found about one system, kept whole."""
