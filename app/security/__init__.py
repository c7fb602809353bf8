"""Who may ask and change what: keys, tokens, limits, and the log of administrative acts."""
