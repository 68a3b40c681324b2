"""A pass over many rows: taken by a lease with a fence, done chunk by chunk, resumed by anybody.

A chunk is one transaction: its effects, the cursor and the fence's check stand or fall together, so
a kill costs one chunk and a runner that lost its lease can do no harm (law 7). Where a pass is split,
who holds it does one portion after the other, as does everybody who helps, and ends it at last.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, or_, update
from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.portions import counts_of, gather, lay_out
from models.pass_run import PassRefusal, PassRun, PassState
from opora.database import insert_or_ignore, reading, run_again, transaction
from opora.errors import NotFound, NotReady, OporaError
from opora.words import Sentence

LEASE = timedelta(seconds=45)
"""With a reconciler every minute, what a dead runner held goes on within two."""
PAUSE = 1.0
"""Seconds between two looks at portions that others hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What one chunk did: where it came to (None: nothing is left), counts, and refusals.

    Or what is better split: the last id of each portion.
    """

    cursor: int | None
    portions: Sequence[int] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, OporaError] = field(default_factory=dict)


Work = Callable[[Session, PassRun, Acting], Chunk]
"""One chunk of a pass of this kind, inside the transaction it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a pass has come; `waiting_for` another runner's lease when it is not ours."""

    pass_id: int
    is_done: bool
    counts: Mapping[str, int]
    refused: int
    is_split: bool = False
    waiting_for: datetime | None = None


class StaleRunner(OporaError):
    """Another runner has taken this pass over: what this one held was given back."""


def begin(
    session: Session, kind: str, period: str, *, arguments: Mapping[str, object], at: datetime
) -> PassRun:
    """The pass of this kind and period: begun now, or found as somebody has begun it."""
    row = {
        "kind": kind,
        "period": period,
        "arguments": dict(arguments),
        "state": PassState.RUNNING,
        "cursor": 0,
        "fence": 0,
        "counts": {},
        "started_at": at,
    }
    insert_or_ignore(session, PassRun, [row])
    return session.exec(select(PassRun).where(PassRun.kind == kind, PassRun.period == period)).one()


def take(engine: Engine, pass_id: int, *, real_now: datetime) -> int | None:
    """Take the pass if nobody holds it; gives the fence, or None while another lease runs."""
    with transaction(engine) as session:
        return session.scalar(
            update(PassRun)
            .where(
                col(PassRun.id) == pass_id,
                col(PassRun.state) == PassState.RUNNING,
                or_(col(PassRun.lease_until).is_(None), col(PassRun.lease_until) <= real_now),
            )
            .values(fence=PassRun.fence + 1, lease_until=real_now + LEASE)
            .returning(col(PassRun.fence))
        )


def step(
    engine: Engine, pass_id: int, fence: int, work: Work, acting: Acting, *, real_now: datetime
) -> Progress:
    """Do one chunk in one transaction. Raises `StaleRunner` when the fence is no longer ours.

    A chunk that lost a race against people's deeds left nothing behind, and is done again.
    """
    return run_again(lambda: _step(engine, pass_id, fence, work, acting, real_now=real_now))


def _step(
    engine: Engine, pass_id: int, fence: int, work: Work, acting: Acting, *, real_now: datetime
) -> Progress:
    with transaction(engine) as session:
        run = _held(session, pass_id, fence, real_now)
        if run.is_split:
            gather(session, run)
        else:
            _keep(session, run, work(session, run, acting), acting.at)
        session.add(run)
        session.flush()
        return _progress(session, run)


def _keep(session: Session, run: PassRun, chunk: Chunk, at: datetime) -> None:
    counts = dict(run.counts)
    for name, number in chunk.counts.items():
        counts[name] = counts.get(name, 0) + number
    run.counts = counts
    if chunk.portions:
        lay_out(session, run, chunk.portions, at)
    elif chunk.cursor is None:
        run.state, run.finished_at, run.lease_until = PassState.DONE, at, None
    else:
        run.cursor = chunk.cursor
    session.add_all(
        PassRefusal(pass_id=_whole(run), subject=subject, reason=str(reason), at=at)
        for subject, reason in chunk.refused.items()
    )


def _whole(run: PassRun) -> int:
    """The pass that a portion belongs to: what is refused is known there."""
    return run.parent_id or run.id or 0


def take_portion(engine: Engine, pass_id: int, *, real_now: datetime) -> tuple[int, int] | None:
    """Take the next portion that nobody holds; gives its id and the fence."""
    free = (
        select(PassRun.id)
        .where(
            PassRun.parent_id == pass_id,
            PassRun.state == PassState.RUNNING,
            or_(col(PassRun.lease_until).is_(None), col(PassRun.lease_until) <= real_now),
        )
        .order_by(col(PassRun.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with transaction(engine) as session:
        taken = session.execute(
            update(PassRun)
            .where(col(PassRun.id) == free.scalar_subquery())
            .values(fence=PassRun.fence + 1, lease_until=real_now + LEASE)
            .returning(col(PassRun.id), col(PassRun.fence))
        ).first()
    return (taken[0], taken[1]) if taken else None


def lay_down(engine: Engine, pass_id: int, fence: int) -> None:
    """Give the lease back before it runs out, so that the next runner need not wait for it."""
    with transaction(engine) as session:
        session.execute(
            update(PassRun)
            .where(col(PassRun.id) == pass_id, col(PassRun.fence) == fence)
            .values(lease_until=None)
        )


def name_flow_run(engine: Engine, pass_id: int, fence: int, flow_run: str) -> str | None:
    """Note Prefect's name of the run that has the pass in hand; gives the one before it."""
    with transaction(engine) as session:
        run = session.get_one(PassRun, pass_id)
        before = run.flow_run
        session.execute(
            update(PassRun)
            .where(col(PassRun.id) == pass_id, col(PassRun.fence) == fence)
            .values(flow_run=flow_run)
        )
    return before


def _held(session: Session, pass_id: int, fence: int, real_now: datetime) -> PassRun:
    """The pass, if the fence is still ours: asked first, so that a stale runner writes nothing."""
    held = session.execute(
        update(PassRun)
        .where(col(PassRun.id) == pass_id, col(PassRun.fence) == fence)
        .values(lease_until=real_now + LEASE)
        .returning(col(PassRun.id))
    ).first()
    if held is None:
        raise StaleRunner
    return session.get_one(PassRun, pass_id, populate_existing=True)


def _progress(session: Session, run: PassRun) -> Progress:
    refused = select(func.count()).select_from(PassRefusal)
    return Progress(
        pass_id=run.id or 0,
        is_done=run.state is PassState.DONE,
        counts=counts_of(session, run),
        refused=session.exec(refused.where(PassRefusal.pass_id == _whole(run))).one(),
        is_split=run.is_split,
        waiting_for=run.lease_until,
    )


def progress(engine: Engine, pass_id: int) -> Progress:
    """How far the pass has come."""
    with reading(engine) as session:
        run = session.get(PassRun, pass_id)
        if run is None:
            raise NotFound(what=Sentence("pass"), key=pass_id)
        return _progress(session, run)


def advance(
    engine: Engine,
    pass_id: int,
    work: Work,
    acting: Acting,
    *,
    real_now: Callable[[], datetime],
    on_chunk: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Do every chunk that is left. What another runner holds is left to it, and said.

    Of a split pass the portions that others hold are waited for.
    """
    fence = take(engine, pass_id, real_now=real_now())
    if fence is None:
        return progress(engine, pass_id)

    def one() -> Progress:
        done = step(engine, pass_id, fence, work, acting, real_now=real_now())
        on_chunk(done)
        return done

    while not (done := one()).is_done:
        if done.is_split and not help_along(
            engine, pass_id, work, acting, real_now=real_now, on_chunk=lambda _: one()
        ):
            time.sleep(PAUSE)
    return done


def help_along(
    engine: Engine,
    pass_id: int,
    work: Work,
    acting: Acting,
    *,
    real_now: Callable[[], datetime],
    on_chunk: Callable[[Progress], object] = lambda _: None,
) -> bool:
    """Do one portion of the pass; False when there is none that nobody holds."""
    taken = take_portion(engine, pass_id, real_now=real_now())
    if taken is None:
        return False
    portion_id, fence = taken
    is_done = False
    while not is_done:
        done = step(engine, portion_id, fence, work, acting, real_now=real_now())
        is_done = done.is_done
        on_chunk(done)
    return True


def finished(done: Progress) -> Progress:
    """`done`, or `NotReady` while another runner is still at it."""
    if not done.is_done:
        raise NotReady(
            what=Sentence("Another process is doing this right now"),
            cure=Sentence("It goes on by itself; ask again in a minute"),
        )
    return done


def each(
    session: Session, subjects: Iterable[tuple[str, Callable[[], object]]]
) -> tuple[int, dict[str, OporaError]]:
    """Do each under a savepoint: what is refused leaves no trace, the rest goes on."""
    done, refused = 0, {}
    for subject, act in subjects:
        try:
            with session.begin_nested():
                act()
        except OporaError as reason:
            refused[subject] = reason
        else:
            done += 1
    return done, refused


def unfinished(session: Session) -> list[PassRun]:
    """Passes that somebody began and nobody has finished; their portions are theirs to take up."""
    whole = select(PassRun).where(
        PassRun.state == PassState.RUNNING, col(PassRun.parent_id).is_(None)
    )
    return list(session.exec(whole.order_by(col(PassRun.id))).all())
