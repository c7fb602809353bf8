"""Expand Azure Pipelines templates on this machine, and run the steps that need no cloud.

Azure offers no runner that works offline. This covers the part of the language that our pipelines
use, by Microsoft's description of template expressions, and refuses everything else by name.
"""
