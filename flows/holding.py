"""A lease kept for as long as one long piece of work goes on that cannot be cut into chunks."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy import Engine, update
from sqlmodel import col

from casework.passes import LEASE
from models.pass_run import PassRun
from opora import clock
from opora.database import transaction


@contextmanager
def held(engine: Engine, pass_id: int, fence: int) -> Iterator[None]:
    """Renew the lease three times before it would run out; whoever took the pass over keeps it."""
    is_over = Event()

    def renew() -> None:
        while not is_over.wait(LEASE.total_seconds() / 3):
            with transaction(engine) as session:
                session.execute(
                    update(PassRun)
                    .where(col(PassRun.id) == pass_id, col(PassRun.fence) == fence)
                    .values(lease_until=clock.now() + LEASE)
                )

    keeper = Thread(target=renew, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
        keeper.join()
