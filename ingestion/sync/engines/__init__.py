"""How load -> chunk -> embed is run: in this process, or on Ray."""
