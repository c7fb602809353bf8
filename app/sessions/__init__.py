"""Conversations: what was asked and answered before, by session."""
