"""How fast this machine ingests and searches: `plumb bench`, and what benchmarks say of a machine."""
