"""Releases from the gate's side: made with their evidence, and checked against it."""
