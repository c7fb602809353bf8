"""The answer that an answer follows, where its caller named it (`previous_response_id`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_previous_answers"
down_revision = "0008_browser_sessions"


def upgrade() -> None:
    """Add the column; answers of older code follow none."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("answers")}
    if "previous_id" not in known:
        op.add_column("answers", sa.Column("previous_id", sa.String(), nullable=True))
