"""Where documents come from: folders, globs, URLs and whatever fsspec opens."""
