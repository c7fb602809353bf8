"""Index versions: which there are, which is live, what each was made from, who may make the next."""
