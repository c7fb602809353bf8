"""A chat model as a judge: asked, read, retried, and remembered."""
