"""A citation in its document: the words in their context, and the pages of PDFs."""
