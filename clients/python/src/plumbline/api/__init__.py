"""Each function makes the request, or the requests, of one thing that the service can do."""
