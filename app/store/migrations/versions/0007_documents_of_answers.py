"""The documents that an answer was made from, so that it can be checked against their groups of now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_documents_of_answers"
down_revision = "0006_limits"


def upgrade() -> None:
    """Add the column; of what older code writes, the passages of the answer name the documents."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("answers")}
    if "documents" not in known:
        op.add_column("answers", sa.Column("documents", sa.JSON(none_as_null=True), nullable=True))
