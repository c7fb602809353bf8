"""The REST resources, a file each: parse, call, shape."""
