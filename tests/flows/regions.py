"""Regions whose cycle is open but whose cases wait for the pass that opens them."""

import socket
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import SQLModel, col, select

from casework.cycles.opening import open_cycle
from casework.judgement.identifying import confirm_list, identify
from casework.passes import begin
from casework.work import OPEN_CYCLE
from models.history import HistoryLine
from models.pass_run import PassRun, SkippedPeriod
from opora.database import reading, transaction
from opora.settings import Settings
from states.role import Role
from tests.worlds import OPENED, YEAR, _person, _region, _results, acting, yugra


def begun_opening(engine: Engine, *, schools: int, at: datetime = OPENED) -> int:
    """The pass that will make a case of each school; gives its id."""
    with transaction(engine) as session:
        programme = yugra()
        operator = _person(session, "operator", Role.OPERATOR, register="*")
        _, rows = _region(session, programme, schools)
        _results(session, operator, rows)
        who = acting(operator, at)
        listing = confirm_list(session, identify(session, programme, YEAR, who).listing, who)
        cycle = open_cycle(session, programme, listing, who)
        arguments = {"cycle": cycle.id, "person": operator.id}
        run = begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=at)
        return run.id or 0


def settings_for(url: str, home: Path, **values: Any) -> Settings:
    return Settings(database=url, home=home, **values)


def pass_row(engine: Engine, pass_id: int) -> PassRun:
    with transaction(engine) as session:
        return session.get_one(PassRun, pass_id)


def counted(engine: Engine, table: str) -> int:
    with reading(engine) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def skipped(engine: Engine, kind: str) -> list[SkippedPeriod]:
    with reading(engine) as session:
        rows = session.exec(
            select(SkippedPeriod)
            .where(SkippedPeriod.kind == kind)
            .order_by(col(SkippedPeriod.period))
        ).all()
        session.expunge_all()
        return list(rows)


def periods(engine: Engine, kind: str) -> list[str]:
    """Periods of that kind that somebody has begun."""
    with reading(engine) as session:
        found = session.exec(select(PassRun.period).where(PassRun.kind == kind))
        return sorted(found)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_NOT_COMPARED = {"id", "recorded_at", "flow_run", "lease_until"}
"""What tells two runs of the same work apart."""


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, without what tells two runs of the same work apart."""
    tables = SQLModel.metadata.sorted_tables
    with reading(engine) as session:
        return {
            table.name: sorted(
                repr({k: v for k, v in row._mapping.items() if k not in _NOT_COMPARED})
                for row in session.execute(table.select())
            )
            for table in tables
            if table.name not in HASHED
        }


HASHED = {"history_line", "history_words"}
"""Bodies hold the moment of recording and salts: compared by what they say, below."""


def deeds(engine: Engine) -> list[tuple[Any, ...]]:
    """What the history says was done, in order."""
    with reading(engine) as session:
        lines = session.exec(
            select(HistoryLine).order_by(col(HistoryLine.subject), col(HistoryLine.seq))
        )
        return [(x.subject, x.seq, x.deed, x.actor, x.happened_at, x.source, x.dest) for x in lines]
