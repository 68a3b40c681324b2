"""The values of indicators that a phase of monitoring keeps for good, and numbers written down by hand."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlmodel import Session, col, select

from casework.access import answered_school, require, require_open
from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.indicators.indicators import REGION, Fraction, Region, fractions, region_of
from casework.reports.report_numbers import year_before
from models.cycle import Cycle
from models.history import append
from models.indicator import FrozenValue, IndicatorEntry
from opora.canonical import canonical
from opora.errors import InputRefused, NotReady
from opora.words import Sentence
from programmes.indicators import Entered, Indicator, Level
from programmes.milestones import Phase


def freeze(session: Session, cycle: Cycle, phase: Phase, acting: Acting) -> list[FrozenValue]:
    """Keep every indicator as it stands now; a phase is frozen once (S1-12)."""
    require(session, acting, Right.OPEN_PHASE, cycle.register_key)
    session.refresh(cycle, with_for_update=True)
    require_open(cycle)
    if frozen(session, cycle, phase):
        raise NotReady(
            what=Sentence("The phase “{phase}” is frozen already", {"phase": phase.value}),
            cure=Sentence("What is frozen stays: see opora indicator show."),
        )
    region = region_of(session, cycle)
    if not region.programme.indicators.indicators:
        raise NotReady(
            what=Sentence("The programme declares no indicators"),
            cure=Sentence("Add indicators.yaml to it."),
        )
    found = {
        (key, place): fraction
        for key in region.programme.indicators.indicators
        for place, fraction in fractions(region, key).items()
    }
    told = [
        [key, place, _text(one.numerator), _text(one.denominator), one.unknown]
        for (key, place), one in sorted(found.items())
    ]
    values = {
        "phase": phase,
        "values": len(found),
        "digest": hashlib.sha256(canonical(told).encode()).hexdigest(),
    }
    line = append(session, acting.deed(f"cycle:{cycle.id}", "freeze_indicators", values=values))
    rows = [
        FrozenValue(
            cycle_id=cycle.id or 0,
            phase=phase.value,
            indicator=key,
            place=place,
            numerator=_text(one.numerator),
            denominator=_text(one.denominator),
            unknown=one.unknown,
            frozen_at=acting.at,
            line_id=line.id or 0,
        )
        for (key, place), one in found.items()
    ]
    session.add_all(rows)
    session.flush()
    return rows


def frozen(session: Session, cycle: Cycle, phase: Phase) -> dict[str, dict[str, Fraction]]:
    """Indicator → place → what was kept at that phase."""
    rows = session.exec(
        select(FrozenValue)
        .where(FrozenValue.cycle_id == cycle.id, FrozenValue.phase == phase.value)
        .order_by(col(FrozenValue.id))
    ).all()
    found: dict[str, dict[str, Fraction]] = {}
    for one in rows:
        kept = Fraction(_number(one.numerator), _number(one.denominator), one.unknown)
        found.setdefault(one.indicator, {})[one.place] = kept
    return found


def _text(number: Decimal | None) -> str | None:
    return format(number, "f") if number is not None else None


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None else None


# --- written down by hand -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a person writes down: the numbers as text, for a place, from a stated source."""

    indicator: str
    numerator: str | None
    denominator: str | None
    taken_from: str
    school: str | None = None
    territory: str | None = None


def enter(session: Session, cycle: Cycle, written: Written, acting: Acting) -> IndicatorEntry:
    """Keep the number; an earlier one for the same place is kept beside it."""
    require_open(cycle)
    programme = programme_of(session, cycle)
    indicator = programme.indicators.indicators.get(written.indicator)
    if indicator is None:
        known = {"known": list(programme.indicators.indicators)}
        cure = Sentence("The programme's indicators are: {known}.", known)
        raise InputRefused(field="INDICATOR", value=written.indicator, cure=cure)
    place = _place(session, cycle, indicator, written, acting)
    numbers = _numbers(indicator, written)
    if not written.taken_from.strip():
        cure = Sentence("Name the system or the paper that the number comes from.")
        raise InputRefused(field="--from", value="", cure=cure)
    values = {"indicator": written.indicator, "place": place, **numbers}
    words = {"taken_from": written.taken_from}
    deed = acting.deed(f"cycle:{cycle.id}", "enter_indicator", values=values, words=words)
    line = append(session, deed)
    row = IndicatorEntry(
        cycle_id=cycle.id or 0,
        indicator=written.indicator,
        place=place,
        numerator=numbers.get("numerator"),
        denominator=numbers.get("denominator"),
        taken_from=written.taken_from,
        entered_by=(acting.person.id or 0) if acting.person else 0,
        entered_at=acting.at,
        line_id=line.id or 0,
    )
    session.add(row)
    session.flush()
    return row


def _place(
    session: Session, cycle: Cycle, indicator: Indicator, written: Written, acting: Acting
) -> str:
    """Where the number belongs; whoever answers for the place may write it down."""
    wanted = {
        Level.REGION: (written.school is None and written.territory is None),
        Level.MUNICIPALITY: (written.territory is not None and written.school is None),
        Level.SCHOOL: (written.school is not None and written.territory is None),
    }
    if not wanted[indicator.level]:
        cure = Sentence(
            "It is measured for each {level}: give --school, --territory or neither.",
            {"level": indicator.level.value},
        )
        raise InputRefused(field="--school", value=written.school or "", cure=cure)
    if written.school is not None:
        answered_school(session, acting, cycle.register_key, written.school, Right.KEEP_RECORDS)
        return f"school:{written.school}"
    require(session, acting, Right.OPEN_PHASE, cycle.register_key)
    if written.territory is None:
        return REGION
    region = region_of(session, cycle)
    if written.territory not in set(region.schools.values()):
        cure = Sentence("Give the code of a municipality of the register.")
        raise InputRefused(field="--territory", value=written.territory, cure=cure)
    return f"territory:{written.territory}"


def _numbers(indicator: Indicator, written: Written) -> dict[str, str]:
    """The parts that are written down by hand; others are counted, and refused here."""
    found: dict[str, str] = {}
    for part in ("numerator", "denominator"):
        text, source = getattr(written, part), getattr(indicator, part)
        if isinstance(source, Entered):
            found[part] = _decimal(part, text)
        elif text is not None:
            cure = Sentence("This number is counted from what is known: leave it out.")
            raise InputRefused(field=f"--{part}", value=text, cure=cure)
    if not found:
        cure = Sentence("This indicator is counted, never written down.")
        raise InputRefused(field="INDICATOR", value=written.indicator, cure=cure)
    return found


def _decimal(part: str, text: str | None) -> str:
    try:
        number = Decimal((text or "").strip().replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        cure = Sentence("Give a number, exactly, like 0.35.")
        raise InputRefused(field=f"--{part}", value=text, cure=cure)
    return format(number, "f")


def baseline(session: Session, region: Region) -> Mapping[str, Mapping[str, Fraction]]:
    """What later values are compared with: the programme's first phase."""
    return frozen(session, region.cycle, region.programme.indicators.baseline)


def values_before(
    session: Session, region: Region, keys: Iterable[str]
) -> Mapping[str, Mapping[str, Fraction]]:
    """Indicator → place → what it came to in the year before: as its last phase kept it, else counted.

    An indicator that was declared otherwise then is another number, and is left out.
    """
    earlier = year_before(session, region.cycle)
    if earlier is None:
        return {}
    then = region_of(session, earlier)
    now, was = region.programme.indicators.indicators, then.programme.indicators.indicators
    same = [key for key in keys if key in was and _counted_by(was[key]) == _counted_by(now[key])]
    kept = frozen(session, earlier, Phase.FINAL)
    return {key: kept[key] if key in kept else fractions(then, key) for key in same}


def _counted_by(indicator: Indicator) -> tuple[object, ...]:
    return (indicator.numerator, indicator.denominator, indicator.level, indicator.among)
