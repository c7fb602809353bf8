"""HTML reports: one file without outside assets."""
