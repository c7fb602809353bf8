"""Answers and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_answers"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("document_set", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=True),
        sa.Column("question_hash", sa.String(64), nullable=False),
        sa.Column("standalone_question", sa.String(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("answer_hash", sa.String(64), nullable=True),
        sa.Column("manifest_id", sa.String(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("prompt_version", sa.String(), nullable=False),
        sa.Column("prompt_hash", sa.String(), nullable=False),
        sa.Column("index_version", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("cache", sa.String(), nullable=True),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("usage", sa.JSON(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("timings_ms", sa.JSON(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    for column in ("at", "session_id", "manifest_id"):
        op.create_index(f"ix_answers_{column}", "answers", [column])
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("thumb", sa.String(4), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("corrected_answer", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name="fk_feedback_answer_id_answers",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("answer_id", "caller", name="uq_feedback_answer_id_caller"),
    )
