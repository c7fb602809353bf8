"""Batches of questions, and the lines of their answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.store.tables import UtcTime

revision = "0003_batches"
down_revision = "0002_access"


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("groups", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("document_set", sa.String(), nullable=True),
        sa.Column("prompt", sa.String(), nullable=True),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("started", UtcTime(), nullable=True),
        sa.Column("ended", UtcTime(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("seen", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_caller", "batches", ["caller"])
    op.create_index("ix_batches_created", "batches", ["created"])
    op.create_table(
        "batch_questions",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("question", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=True),
        sa.Column("line", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["batches.id"],
            name="fk_batch_questions_batch_id_batches",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_questions"),
    )
