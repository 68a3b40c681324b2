"""Indexes that find what is due without looking at what is not."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Due tasks of a cycle, its milestones that come again, who answers for a place, who departed."""
    op.drop_index("tasks_to_remind_of", table_name="task")
    op.create_index(
        "tasks_to_remind_of",
        "task",
        ["cycle_id", "next_remind_on"],
        sqlite_where=sa.text("next_remind_on IS NOT NULL"),
        postgresql_where=sa.text("next_remind_on IS NOT NULL"),
    )
    op.create_index("tasks_of_a_milestone", "task", ["cycle_id", "milestone", "due_on", "state"])
    op.create_index("appointments_at_a_place", "appointment", ["school_id", "territory_id"])
    op.create_index(
        "departed_people",
        "person",
        ["id"],
        sqlite_where=sa.text("is_active = 0"),
        postgresql_where=sa.text("NOT is_active"),
    )
