"""What a new record says before anybody types: known facts, indicators, counts, the record before it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from sqlmodel import Session, col, select

from analysis.cluster_rules import Trait
from analysis.judging import looks_of
from analysis.looking import Look
from analysis.traits import read_trait
from casework.indicators.freezing import baseline
from casework.indicators.indicator_sources import record_numbers, task_numbers
from casework.indicators.indicators import REGION, Fraction, Region, fractions, region_of
from casework.judgement.known_facts import school_facts
from casework.records.case_traits import Asked, trait_of
from casework.records.record_grounds import Ground, declared
from casework.records.record_telling import PREFILLED
from models.case import Case
from models.cycle import Cycle
from models.record import Record, RecordPrefill
from programmes.indicators import FactSum, Level, RecordCount, TaskCount
from programmes.prefills import FromCase, FromEarlier, FromIndicator, IndicatorPart
from programmes.record_kinds import FieldType, RecordField, RecordScope
from states.record_machine import COUNTING

_PLACES = Decimal("0.0001")
_MOST_ORIGINS = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A value as it is kept, the source as the programme names it, and where that has it from.

    `origin` is file and row, or the number of a record.
    """

    value: Any
    source: str
    origin: str = ""


def offers(session: Session, ground: Ground, *, on: date) -> dict[str, Offer]:
    """Field → what is known already; what is not known, or does not fit the field, is left out."""
    desk = _Desk(session, ground, on)
    found = {key: desk.offer(key, field) for key, field in ground.kind.prefilled.items()}
    return {
        key: one
        for key, one in found.items()
        if one is not None and _fits(ground.kind.fields[key], one.value)
    }


def _fits(field: RecordField, value: Any) -> bool:
    if field.type is FieldType.CHOICE:
        return value in field.choices
    if field.type is not FieldType.NUMBER:
        return True
    number = Decimal(value)
    is_low = field.minimum is not None and number < field.minimum
    return not is_low and (field.maximum is None or number <= field.maximum)


@dataclass(frozen=True)
class _Desk:
    """One record to be, and what is read for it once."""

    session: Session
    ground: Ground
    on: date

    def offer(self, key: str, field: RecordField) -> Offer | None:
        match field.prefill:
            case FactSum() as source:
                return self._fact(field, source)
            case RecordCount() | TaskCount() as source:
                return self._counted(source)
            case FromIndicator() as source:
                return self._indicator(source)
            case FromCase() as source:
                asked = Asked(session=self.session, ground=self.ground, type=field.type, on=self.on)
                value = trait_of(asked, source.case)
                return None if value is None else Offer(value, f"case:{source.case}")
            case FromEarlier():
                return self._earlier(key, field)
        return None

    @property
    def place(self) -> str:
        if self.ground.school is not None:
            return f"school:{self.ground.school.code}"
        return f"territory:{self.ground.territory.code}" if self.ground.territory else REGION

    @cached_property
    def region(self) -> Region:
        return region_of(self.session, self.ground.cycle)

    @cached_property
    def codes(self) -> Sequence[str]:
        """The schools that the record speaks of: its own, or the supported ones of the place."""
        if self.ground.school is not None:
            return [self.ground.school.code]
        place = self.ground.territory
        supported = sorted(self.region.supported)
        return [c for c in supported if place is None or self.region.schools[c] == place.code]

    def _counted(self, source: RecordCount | TaskCount) -> Offer:
        cycle = self.ground.cycle
        if isinstance(source, RecordCount):
            found, parts = record_numbers(self.session, cycle, source), ("records", source.records)
            more = source.field
        else:
            found, parts = task_numbers(self.session, cycle, source), ("tasks", source.tasks)
            more = source.milestone
        named = ":".join((*parts, more) if more else parts)
        return Offer(plain(found.total(self.place, self.codes)), named)

    def _fact(self, field: RecordField, source: FactSum) -> Offer | None:
        year = self.ground.cycle.year + source.year
        looks = self._looks(source.fact, year)
        mine = [looks[code] for code in self.codes if code in looks]
        what = f"fact:{source.fact}:{year}"
        if field.type is not FieldType.NUMBER:
            said = [look.value(source.fact)[0] for look in mine[:1]]
            values = [one for one in said if one.value is not None]
            if not values:
                return None
            value = str(values[0].value)
            kept = value == "yes" if field.type is FieldType.YES_NO else value
            return Offer(kept, what, values[0].source or "")
        numbers = [read_trait(look, Trait(fact=source.fact)).number for look in mine]
        known = [number for number in numbers if number is not None]
        if not known:
            return None
        return Offer(plain(sum(known, Decimal())), what, _origin(mine, source.fact))

    def _looks(self, name: str, year: int) -> Mapping[str, Look]:
        """A fact is read of the schools alone; a measure may compare a school with all others."""
        programme = self.ground.programme
        if name not in programme.identification.facts or len(self.codes) > 1:
            return self.region.looks(year)
        facts = school_facts(self.session, programme, year, codes=self.codes)
        return {one.school.school: one for one in looks_of(programme.identification, facts, year)}

    def _indicator(self, source: FromIndicator) -> Offer | None:
        level = self.ground.programme.indicators.indicators[source.indicator].level
        places = {Level.REGION: REGION, Level.SCHOOL: self.place}
        territory = self.ground.territory
        if territory is None and self.ground.school is not None:
            territory_code = self.region.schools[self.ground.school.code]
        else:
            territory_code = territory.code if territory is not None else ""
        place = places.get(level, f"territory:{territory_code}")
        number = _part(self._fractions(source).get(place), source.part)
        what = f"indicator:{source.indicator}:{source.part}"
        return None if number is None else Offer(plain(number), what)

    def _fractions(self, source: FromIndicator) -> Mapping[str, Fraction]:
        if source.part is IndicatorPart.BASELINE:
            return baseline(self.session, self.region).get(source.indicator, {})
        return fractions(self.region, source.indicator)

    def _earlier(self, key: str, field: RecordField) -> Offer | None:
        """The newest record of the kind that stands, of this year or of an earlier one."""
        ground = self.ground
        statement = (
            select(Record, Cycle)
            .join(Cycle, col(Cycle.id) == col(Record.cycle_id))
            .outerjoin(Case, col(Case.id) == col(Record.case_id))
            .where(
                Cycle.programme_key == ground.cycle.programme_key,
                col(Cycle.year) <= ground.cycle.year,
                Record.kind == ground.key,
                col(Record.state).in_(COUNTING),
            )
            .order_by(col(Cycle.year).desc(), col(Record.id).desc())
        )
        match ground.kind.scope:
            case RecordScope.CASE:
                school = ground.case.school_id if ground.case else None
                statement = statement.where(Case.school_id == school)
            case RecordScope.MUNICIPALITY:
                place = ground.territory.id if ground.territory else None
                statement = statement.where(Record.territory_id == place)
            case RecordScope.PERSON:
                person = ground.person.id if ground.person else None
                statement = statement.where(Record.person_id == person)
        found = self.session.exec(statement).first()
        if found is None:
            return None
        record, cycle = found
        was = declared(self.session, cycle, ground.key).fields.get(key)
        if key not in record.fields or was is None or was.type is not field.type:
            return None
        return Offer(record.fields[key], f"record:{cycle.year}", f"№ {record.id}")


def _part(fraction: Fraction | None, part: IndicatorPart) -> Decimal | None:
    if fraction is None:
        return None
    if part is IndicatorPart.NUMERATOR:
        return fraction.numerator
    return fraction.denominator if part is IndicatorPart.DENOMINATOR else fraction.value


def plain(number: Decimal) -> str:
    """The number as a field keeps it, to four places."""
    rounded = number.quantize(_PLACES, rounding=ROUND_HALF_UP)
    text = format(rounded, "f").rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _origin(looks: Sequence[Look], name: str) -> str:
    """Files and rows that the number was read from, the first of them."""
    named = {
        one.source: None
        for look in looks
        for within in (None, *sorted(look.school.results.get(look.year, {})))
        for one in look.within(within).value(name)
        if one.source
    }
    told = list(named)[:_MOST_ORIGINS]
    return ", ".join(told) + (", …" if len(named) > _MOST_ORIGINS else "")


# --- kept with the record ------------------------------------------------------------------------


def told(found: Mapping[str, Offer]) -> dict[str, str]:
    """Field → source, as the line of history tells it."""
    return {key: one.source for key, one in found.items()}


def committed(found: Mapping[str, Offer]) -> dict[str, str]:
    """What the line only commits to: the values themselves, and where they come from."""
    return {f"{PREFILLED}{key}": as_text(one.value, one.origin) for key, one in found.items()}


def as_text(value: Any, origin: str) -> str:
    """Value and origin as the one text that is committed to."""
    return json.dumps([value, origin], ensure_ascii=False, sort_keys=True)


def keep_offers(session: Session, record: Record, found: Mapping[str, Offer]) -> None:
    """What each field said before anybody typed stays beside the record."""
    session.add_all(
        RecordPrefill(
            record_id=record.id or 0,
            field=key,
            source=one.source,
            origin=one.origin,
            value=one.value,
        )
        for key, one in found.items()
    )
    session.flush()


def kept_offers(session: Session, record_id: int) -> dict[str, Offer]:
    """Field → what it said before anybody typed."""
    rows = session.exec(select(RecordPrefill).where(RecordPrefill.record_id == record_id)).all()
    return {one.field: Offer(one.value, one.source, one.origin) for one in rows}
