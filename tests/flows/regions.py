"""Regions whose cycle is open but whose cases wait for the pass that opens them."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from casework.identifying import confirm_list, identify
from casework.opening import open_cycle
from casework.passes import begin
from casework.work import OPEN_CYCLE
from models.cycle import Cycle
from models.pass_run import PassRun
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
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
