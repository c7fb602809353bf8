"""Ingestion as other tools do it, each run by the Python of an environment of its own (`make bench-tools`).

Nothing here imports Plumbline. Each script takes a folder of text files, a folder to write to, a
model's folder, and the size of a chunk in tokens of the model; it prints how many chunks it made and
what it used, as JSON. Each is written as the tool's documentation has it, for a user who fits the
chunk to what the model reads.
"""
