"""An import keeps which column each fact stood in: a value is traced down to its cell."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Imports of before know the row alone."""
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("import_run", sa.Column("columns", json, nullable=True))
