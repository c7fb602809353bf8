"""Checks of the settings that only evaluating reads, for `plumb settings check`."""
