"""Numbers of indicators that no fact of a school holds: records, tasks, and what people write down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlmodel import Session, col, func, select

from models.case import Case
from models.cycle import Cycle
from models.indicator import IndicatorEntry
from models.record import Record
from models.school import School, Territory
from models.task import Task
from programmes.indicators import RecordCount, TaskCount
from states.record_machine import COUNTING
from states.task_machine import TaskState


@dataclass(frozen=True, slots=True)
class Counted:
    """Numbers by school, by municipality where no school is meant, and of the region alone."""

    schools: dict[str, Decimal] = field(default_factory=dict)
    territories: dict[str, Decimal] = field(default_factory=dict)
    region: list[Decimal] = field(default_factory=list)

    def add(self, school: str | None, territory: str | None, number: Decimal) -> None:
        if school is not None:
            self.schools[school] = self.schools.get(school, Decimal()) + number
        elif territory is not None:
            self.territories[territory] = self.territories.get(territory, Decimal()) + number
        else:
            self.region.append(number)

    def total(self, place: str, codes: Sequence[str]) -> Decimal:
        """What falls to the place: its schools', its municipality's; of the region, everything."""
        kind, _, code = place.partition(":")
        if not kind:
            every = (*self.schools.values(), *self.territories.values(), *self.region)
            return sum(every, Decimal())
        of_schools = sum((self.schools.get(one, Decimal()) for one in codes), Decimal())
        own = self.territories.get(code, Decimal()) if kind == "territory" else Decimal()
        return of_schools + own


def record_numbers(session: Session, cycle: Cycle, source: RecordCount) -> Counted:
    """Records of the kind that stand; with `field`, that number of each added up."""
    rows = session.execute(
        select(Record.fields, School.code, Territory.code)
        .outerjoin(Case, col(Case.id) == col(Record.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .outerjoin(Territory, col(Territory.id) == col(Record.territory_id))
        .where(
            Record.cycle_id == cycle.id,
            Record.kind == source.records,
            col(Record.state).in_(COUNTING),
        )
    ).all()
    found = Counted()
    for fields, school, territory in rows:
        number = Decimal(str(fields.get(source.field, 0))) if source.field else Decimal(1)
        found.add(school, territory, number)
    return found


def task_numbers(session: Session, cycle: Cycle, source: TaskCount) -> Counted:
    """Tasks that were not cancelled, or of them the accepted ones."""
    statement = (
        select(School.code, Territory.code, func.count())
        .select_from(Task)
        .outerjoin(Case, col(Case.id) == col(Task.case_id))
        .outerjoin(School, col(School.id) == col(Case.school_id))
        .outerjoin(Territory, col(Territory.id) == col(Task.territory_id))
        .where(Task.cycle_id == cycle.id, Task.state != TaskState.CANCELLED)
        .group_by(col(School.code), col(Territory.code))
    )
    if source.tasks == "accepted":
        statement = statement.where(Task.state == TaskState.ACCEPTED)
    if source.milestone is not None:
        statement = statement.where(Task.milestone == source.milestone)
    found = Counted()
    for school, territory, number in session.execute(statement).all():
        found.add(school, territory, Decimal(number))
    return found


def entered_numbers(
    session: Session, cycle: Cycle, indicator: str, part: str
) -> Mapping[str, Decimal | None]:
    """Place → the number that was last written down."""
    rows = session.exec(
        select(IndicatorEntry)
        .where(IndicatorEntry.cycle_id == cycle.id, IndicatorEntry.indicator == indicator)
        .order_by(col(IndicatorEntry.id))
    ).all()
    found: dict[str, Decimal | None] = {}
    for one in rows:
        text = one.numerator if part == "numerator" else one.denominator
        found[one.place] = Decimal(text) if text is not None else None
    return found
