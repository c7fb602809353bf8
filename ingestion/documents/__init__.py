"""Documents, blocks and chunks, and which groups may see them."""
