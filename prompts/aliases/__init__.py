"""Aliases of prompt versions: their file, traffic splits, and noticing a change."""
