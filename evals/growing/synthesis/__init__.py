"""Questions made from documents, with a chat model and without one."""
