"""Indicators: entered numbers and frozen values."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables that are only added to."""
    op.create_table(
        "indicator_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("numerator", sa.String(), nullable=True),
        sa.Column("denominator", sa.String(), nullable=True),
        sa.Column("taken_from", sa.String(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"]),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["line_id"], ["history_line.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("indicator_entry", schema=None) as batch_op:
        columns = ["cycle_id", "indicator", "place"]
        batch_op.create_index("entries_of_an_indicator", columns, unique=False)
    op.create_table(
        "frozen_value",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("numerator", sa.String(), nullable=True),
        sa.Column("denominator", sa.String(), nullable=True),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"]),
        sa.ForeignKeyConstraint(["line_id"], ["history_line.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cycle_id", "phase", "indicator", "place"),
    )
