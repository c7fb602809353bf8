"""Translate between OpenAI's chat API and turns."""
