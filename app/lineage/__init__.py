"""Where each answer came from: its record, what people thought of it, and answering it again."""
