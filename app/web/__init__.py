"""Pages for people: chat, administration, sign-in."""
