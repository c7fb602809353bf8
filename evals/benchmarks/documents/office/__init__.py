"""Inputs of the Office formats: Word, Excel and PowerPoint."""
