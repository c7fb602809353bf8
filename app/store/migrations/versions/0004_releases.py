"""The release that shaped an answer, and the one that a batch is answered under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_releases"
down_revision = "0003_batches"


def upgrade() -> None:
    """Add both columns; code that does not know them leaves them empty."""
    # Code before this refuses a newer database: to go back to it, operators set the revision back.
    there = sa.inspect(op.get_bind())
    for table in ("answers", "batches"):
        if "release" not in {column["name"] for column in there.get_columns(table)}:
            op.add_column(table, sa.Column("release", sa.String(), nullable=True))
