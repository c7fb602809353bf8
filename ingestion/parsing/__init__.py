"""Parse files in processes of their own, each within limits on time and memory.

A file can make a parser hang, eat all memory, or crash; in a process of its own it costs that one
file and no more. Importing this package is cheap: the worker processes do it too.
"""

from __future__ import annotations

from ingestion.parsing.parser import Parsed, Parser

__all__ = ["Parsed", "Parser"]
