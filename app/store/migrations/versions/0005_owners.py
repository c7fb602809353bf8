"""Whose answers, feedback, batches and acts are, by an exact id, and who may read an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_owners"
down_revision = "0004_releases"

ADDED = {
    "answers": ("owner", "needs"),
    "feedback": ("name",),
    "batches": ("owner",),
    "audit": ("owner",),
}
INDEXED = {
    "ix_answers_owner_at": ("answers", ["owner", "at"]),
    "ix_batches_owner": ("batches", ["owner"]),
    "ix_audit_owner": ("audit", ["owner"]),
}


def upgrade() -> None:
    """Add the columns; what older code writes has no owner, and only who oversees all reads it."""
    there = sa.inspect(op.get_bind())
    for table, names in ADDED.items():
        known = {column["name"] for column in there.get_columns(table)}
        for name in names:
            kind = sa.JSON(none_as_null=True) if name == "needs" else sa.String()
            if name not in known:
                op.add_column(table, sa.Column(name, kind, nullable=True))
    for index, (table, columns) in INDEXED.items():
        if index not in {one["name"] for one in there.get_indexes(table)}:
            op.create_index(index, table, columns)
