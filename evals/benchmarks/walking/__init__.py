"""Random walks of two callers through a running service, and the search for what they may not see."""
