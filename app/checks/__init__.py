"""`plumb settings` and `plumb settings check`: show settings, and try everything that they name."""
