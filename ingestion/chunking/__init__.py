"""From a document to chunks: sections, packing within a budget of tokens."""
