"""How a record begins: with what is known already, or because another record asks for it (S4-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.cycles.opening import anchors, opening_day
from casework.records.prefilling import Offer, committed, keep_offers, told
from casework.records.record_grounds import Ground, ground_on
from casework.records.record_values import Register, read_fields
from models.record import Record, RecordMaking
from models.school import Territory
from programmes.makings import FieldOf, Making, When
from programmes.record_kinds import RecordScope
from schedules.deadline import due_on, plan
from states.record_machine import RecordState


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What stood in a new record before anybody typed, and the rule of its parent that made it."""

    offers: Mapping[str, Offer] = field(default_factory=dict)
    rule: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What the line of history says of it; nothing where there is nothing to say."""
        found = {"prefilled": told(self.offers), "made_by": self.rule}
        return {key: value for key, value in found.items() if value}

    @property
    def committed(self) -> dict[str, str]:
        return committed(self.offers)

    def keep(self, session: Session, record: Record) -> None:
        """Beside the record; a rule makes one record of its parent, never two."""
        keep_offers(session, record, self.offers)
        if self.rule is not None and record.parent_id is not None:
            made = RecordMaking(record_id=record.parent_id, rule=self.rule, made_id=record.id or 0)
            session.add(made)
            session.flush()


def following(
    session: Session, acting: Acting, ground: Ground, record: Record
) -> Iterator[tuple[Ground, Mapping[str, Any], Beginning]]:
    """What a record that stands makes and has not made yet, with the fields it is given.

    What was made stays when the condition ceases to hold: a person takes it back. Raises
    `InputRefused` naming the field of the made kind that could not be filled.
    """
    if record.state is not RecordState.STANDING or not ground.kind.makes:
        return
    made = session.exec(
        select(RecordMaking.rule).where(col(RecordMaking.record_id) == record.id)
    ).all()
    for rule, making in ground.kind.makes.items():
        if rule in made or not _holds(making.when, record.fields):
            continue
        where = ground_on(
            session, acting, ground.cycle, making.kind, _subject(session, ground, making)
        )
        fields = _fields(session, where, making, record, acting.on(ground.programme.zone))
        yield where, fields, Beginning(rule=rule)


def made_of(session: Session, record_id: int) -> list[int]:
    """The numbers of the records that it made."""
    statement = select(RecordMaking.made_id).where(RecordMaking.record_id == record_id)
    return list(session.exec(statement.order_by(col(RecordMaking.made_id))).all())


def _holds(when: When | None, fields: Mapping[str, Any]) -> bool:
    if when is None:
        return True
    value = fields.get(when.field)
    if when.filled is not None:
        return (value is not None) is when.filled
    if value is None:
        return False
    if when.equals is not None:
        return bool(value == when.equals)
    number = Decimal(value)
    return all(
        (
            when.at_least is None or number >= when.at_least,
            when.at_most is None or number <= when.at_most,
            when.above is None or number > when.above,
            when.below is None or number < when.below,
        )
    )


def _subject(
    session: Session, ground: Ground, making: Making
) -> tuple[Any, Territory | None, None]:
    """Of the case itself, of its municipality, or of the region: never of something narrower."""
    match ground.programme.record_kind(making.kind).scope:
        case RecordScope.CASE:
            return ground.case, None, None
        case RecordScope.MUNICIPALITY:
            above = ground.school.territory_id if ground.school else None
            return None, ground.territory or session.get(Territory, above), None
        case _:
            return None, None, None


def _fields(
    session: Session, where: Ground, making: Making, record: Record, on: date
) -> dict[str, Any]:
    said = {
        key: record.fields.get(value.field)
        for key, value in making.fields.items()
        if isinstance(value, FieldOf)
    }
    copied = {key: value for key, value in said.items() if value is not None}
    given: dict[str, object] = {
        key: value for key, value in making.fields.items() if not isinstance(value, FieldOf)
    }
    task = where.kind.task
    target = (task.due if task else None) or where.kind.day
    if making.due is not None and target is not None:
        cycle, programme = where.cycle, where.programme
        days = anchors(cycle, opening_day(cycle, programme), on)
        given[target] = due_on(plan(making.due, days, programme.working_calendar, on=on))
    return read_fields(Register(session, where.cycle), where.kind, given, before=copied)
