"""Documents that were made, and a person's name in the cases that an order needs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """People of before have no forms: documents say their names as they stand."""
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("person", sa.Column("name_forms", json, nullable=True))
    op.create_table(
        "made_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["support_case.id"]),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"]),
        sa.ForeignKeyConstraint(["line_id"], ["history_line.id"]),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["record_id"], ["kept_record.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("made_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_made_document_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_made_document_cycle_id"), ["cycle_id"], unique=False)
