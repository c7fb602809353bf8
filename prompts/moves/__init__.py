"""Move aliases, take a move back, and show who moved what."""
