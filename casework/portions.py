"""A large pass is split into portions, ranges of ids that several runners do at the same time.

Each portion is a row with a lease and a fence of its own; PostgreSQL's row locks hand them out.
SQLite has one writer, so there a pass stays whole.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, func, select

from models.pass_run import PassRun, PassState
from opora.database import insert_or_ignore


def ahead(run: PassRun, ids: Mapped[int | None]) -> ColumnElement[bool]:
    """What the pass has yet to come to by the order of `ids`; a portion stops at its end."""
    if run.parent_id is None or run.until is None:
        return ids > run.cursor
    return and_(ids > run.cursor, ids <= run.until)


def ends(
    session: Session, ids: Mapped[int | None], *which: ColumnElement[bool], size: int
) -> list[int]:
    """The last id of each portion of `size` rows; empty where one runner is enough."""
    if session.get_bind().dialect.name == "sqlite":
        return []
    place = func.row_number().over(order_by=ids).label("place")
    rows = select(ids.label("id"), place).where(*which).subquery()
    chosen = select(rows.c.id).where(rows.c.place % size == 0).order_by(rows.c.id)
    found = list(session.scalars(chosen))
    last = session.scalar(select(func.max(rows.c.id)))
    if not found or last is None:
        return []
    return found if found[-1] == last else [*found, last]


def lay_out(session: Session, run: PassRun, last_ids: Sequence[int], at: datetime) -> None:
    """Write the portions of a pass; what lies behind the last of them stays with the pass itself."""
    starts = [run.cursor, *last_ids[:-1]]
    rows = [
        {
            "kind": run.kind,
            "period": f"{run.period}/{number}",
            "arguments": dict(run.arguments),
            "state": PassState.RUNNING,
            "cursor": start,
            "until": end,
            "parent_id": run.id,
            "fence": 0,
            "counts": {},
            "started_at": at,
        }
        for number, (start, end) in enumerate(zip(starts, last_ids, strict=True), 1)
    ]
    insert_or_ignore(session, PassRun, rows)
    run.until = last_ids[-1]


def gather(session: Session, run: PassRun) -> None:
    """Once all portions are done the pass has their counts and stands where the last one ended."""
    if run.until is not None and not portions_left(session, run):
        run.counts, run.cursor = dict(counts_of(session, run)), run.until


def portions_left(session: Session, run: PassRun) -> Sequence[PassRun]:
    """The portions that are not done."""
    return session.exec(
        select(PassRun)
        .where(PassRun.parent_id == run.id, PassRun.state == PassState.RUNNING)
        .order_by(col(PassRun.id))
    ).all()


def counts_of(session: Session, run: PassRun) -> Mapping[str, int]:
    """What the pass has done so far, its portions included."""
    counts = dict(run.counts)
    if run.is_split:
        for one in session.exec(select(PassRun.counts).where(PassRun.parent_id == run.id)):
            for name, number in one.items():
                counts[name] = counts.get(name, 0) + number
    return counts
