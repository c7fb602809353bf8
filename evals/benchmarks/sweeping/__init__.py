"""Hostile requests, made from the service's own description, so that a new route is swept too."""
