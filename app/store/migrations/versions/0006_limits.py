"""What callers spend that all processes count together, and a quick way to the oldest denials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_limits"
down_revision = "0005_owners"


def upgrade() -> None:
    """Make the table and the index; a database that was set back for older code has them."""
    there = sa.inspect(op.get_bind())
    if not there.has_table("spending"):
        op.create_table(
            "spending",
            sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
            sa.Column("what", sa.String(50), nullable=False),
            sa.Column("who", sa.String(), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
        op.create_index("ix_spending_what_who", "spending", ["what", "who", "at"])
    if "ix_audit_outcome_action" not in {index["name"] for index in there.get_indexes("audit")}:
        op.create_index("ix_audit_outcome_action", "audit", ["outcome", "action", "id"])
