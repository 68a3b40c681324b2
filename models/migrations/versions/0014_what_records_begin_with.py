"""Records: what a field said before anybody typed, and what followed from a record."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables that are only added to."""
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "record_prefill",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("value", json, nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["kept_record.id"]),
        sa.PrimaryKeyConstraint("record_id", "field"),
    )
    op.create_table(
        "record_making",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("made_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["made_id"], ["kept_record.id"]),
        sa.ForeignKeyConstraint(["record_id"], ["kept_record.id"]),
        sa.PrimaryKeyConstraint("record_id", "rule"),
    )
    op.create_index(op.f("ix_record_making_made_id"), "record_making", ["made_id"], unique=False)
