"""A large pass may be split into portions, each a row with a lease and a fence of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whose portion a pass is, and where it ends."""
    op.add_column("pass_run", sa.Column("parent_id", sa.Integer(), nullable=True))
    op.add_column("pass_run", sa.Column("until", sa.Integer(), nullable=True))
    op.create_index("ix_pass_run_parent_id", "pass_run", ["parent_id"])
