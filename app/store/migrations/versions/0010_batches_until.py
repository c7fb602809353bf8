"""Until when a batch may ask in its caller's name: as long as the token that made it holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcTime

revision = "0010_batches_until"
down_revision = "0009_previous_answers"


def upgrade() -> None:
    """Add the column; batches of older code go on to their end."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("batches")}
    if "until" not in known:
        op.add_column("batches", sa.Column("until", UtcTime(), nullable=True))
