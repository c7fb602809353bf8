"""Sign-ins of browsers: whose they are, and until when they hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_browser_sessions"
down_revision = "0007_documents_of_answers"


def upgrade() -> None:
    """Make the table; a database that was set back for older code has it."""
    if sa.inspect(op.get_bind()).has_table("browser_sessions"):
        return
    op.create_table(
        "browser_sessions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(12), nullable=True),
        sa.Column("caller", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("renewal", sa.LargeBinary(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_browser_sessions_owner", "browser_sessions", ["owner", "created"])
    op.create_index("ix_browser_sessions_expires", "browser_sessions", ["expires"])
