"""An upgrade in a process of its own that stands still between two statements, to be killed there."""

from multiprocessing.connection import Connection

from sqlalchemy import Engine, event

from models import schema
from tests.databases import DatabaseUrls

STATEMENTS = 60
"""About so many an upgrade makes."""


def upgrade(urls: DatabaseUrls, share: float, ready: Connection) -> None:
    """Stand still at one statement, after `share` of them, and say so."""
    stop_at, count = int(share * STATEMENTS) + 1, 0

    @event.listens_for(Engine, "after_cursor_execute")
    def _stand_still(*_: object) -> None:
        nonlocal count
        count += 1
        if count == stop_at:
            ready.send("inside")
            ready.recv()  # nothing ever comes: it is killed here

    schema.upgrade(urls.owner, urls.app)
    ready.send("inside")
