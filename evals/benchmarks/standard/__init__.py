"""The standard run: what makes one machine comparable with another, in less than 40 minutes (`make bench`)."""
