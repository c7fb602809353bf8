"""Whether recent questions, retrieval and answers differ from those of a reference window."""
