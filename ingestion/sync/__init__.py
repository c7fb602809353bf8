"""Bring a document set up to date with its sources: plan, build beside the live version, check, publish."""
