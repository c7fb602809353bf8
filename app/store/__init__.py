"""What is kept of answers, feedback and access: SQLAlchemy over SQLite or PostgreSQL."""
