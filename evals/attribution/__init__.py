"""Several things changed at once: which of them moved the score?"""
