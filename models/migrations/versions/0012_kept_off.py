"""Why a school does not carry a category whose rule holds: an exception, a cap."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A nullable column; the table is only added to and keeps its triggers."""
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("verdict", sa.Column("kept_off", json, nullable=True))
