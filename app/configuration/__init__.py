"""Where values of settings come from, and how they are shown without secrets."""
