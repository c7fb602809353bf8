"""Reports for eyes: one HTML file without outside assets."""
