"""Administration: pages for who operates the service, each over what REST and the commands do."""
