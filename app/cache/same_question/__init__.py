"""The second gate of the semantic cache: do two questions ask the same, word by word?"""
