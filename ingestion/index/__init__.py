"""Where document sets are kept and searched: a small Protocol and its two implementations."""
