"""Clusters, partners and curators: what was worked out, wished and decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Four tables that are only added to."""
    op.create_table(
        "curator_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("register_key", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("territories", JSON, nullable=False),
        sa.Column("languages", JSON, nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("curator_offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_curator_offer_person_id"), ["person_id"], unique=False)

    op.create_table(
        "cluster_assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("programme_sha256", sa.String(), nullable=False),
        sa.Column("facts_year", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.String(), nullable=False),
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("grounds", JSON, nullable=False),
        sa.Column("proposal", sa.String(), nullable=True),
        sa.Column("apart", JSON, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["support_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("cluster_assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cluster_assignment_case_id"), ["case_id"], unique=False
        )

    op.create_table(
        "pair_wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stance", sa.String(), nullable=False),
        sa.Column("candidate", sa.String(), nullable=False),
        sa.Column("over", sa.Integer(), nullable=True),
        sa.Column("wished_by", sa.Integer(), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["support_case.id"]),
        sa.ForeignKeyConstraint(["wished_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("pair_wish", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pair_wish_case_id"), ["case_id"], unique=False)

    op.create_table(
        "participation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("candidate", sa.String(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("pool", sa.String(), nullable=True),
        sa.Column("form", sa.String(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("parts", JSON, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["support_case.id"]),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"]),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participation_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_participation_cycle_id"), ["cycle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_participation_school_id"), ["school_id"], unique=False)
