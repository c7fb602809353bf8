"""Traces, metrics and logs of the service at work; what answers knows none of it."""
