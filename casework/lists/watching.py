"""Schools that have left the list: for some years after their exit it is looked whether they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from casework.access import schools_for
from casework.acting import Acting
from casework.lists.list_rows import ListedSchool, listed_schools
from casework.lists.listing import listing_of
from models.case import Case
from models.cycle import Cycle
from models.school import Fact, School, Territory
from opora.errors import NotFound, NotReady
from opora.words import Sentence
from programmes.definition import Programme
from programmes.lists import Watching
from states.stage import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A school and the year in which it left; `returned`: this year it is what it had ceased to be.

    `judged` is None while nobody has judged the year, `years` how long it had been supported: None
    where it left before the first cycle here.
    """

    school: str
    name: str
    territory: str
    left: int
    years: int | None
    judged: bool | None
    returned: bool
    categories: tuple[str, ...]


def watched(session: Session, programme: Programme, year: int, acting: Acting) -> list[Watched]:
    """Schools within the actor's scope that left in the programme's years of watch before `year`.

    Raises `NotReady` where the programme does not say how long it watches.
    """
    rule = programme.lists.watch
    if rule is None:
        raise NotReady(
            what=Sentence("The programme does not say how long it watches a school that has left"),
            cure=Sentence("Give lists.yaml the part watch, with its years."),
        )
    left = dict(_by_fact(session, programme, rule.left_in)) if rule.left_in else {}
    ended = _by_cases(session, programme, year)
    left |= {school: newest for school, (newest, _) in ended.items()}
    due = {school: one for school, one in left.items() if year - rule.years <= one < year}
    rows = _list_of(session, programme, year)
    found = session.exec(
        select(School, Territory.name)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(col(School.id).in_(due), schools_for(session, acting))
        .order_by(col(School.code))
    ).all()
    return [
        Watched(
            school=school.code,
            name=school.name,
            territory=territory,
            left=due[school.id or 0],
            years=ended[school.id or 0][1] if school.id in ended else None,
            judged=_is_judged(rows, school.code),
            returned=_is_back(row, rule) if (row := (rows or {}).get(school.code)) else False,
            categories=row.categories if row else (),
        )
        for school, territory in found
    ]


def _is_back(row: ListedSchool, rule: Watching) -> bool:
    return row.listed if rule.category is None else rule.category in row.categories


def _list_of(
    session: Session, programme: Programme, year: int
) -> Mapping[str, ListedSchool] | None:
    try:
        listing = listing_of(session, programme.key, year)
    except NotFound:
        return None
    return {one.school: one for one in listed_schools(session, listing)}


def _is_judged(rows: Mapping[str, ListedSchool] | None, code: str) -> bool | None:
    if rows is None:
        return None
    row = rows.get(code)
    return row is not None and (row.by_rule is not None or bool(row.overrides))


def _by_fact(session: Session, programme: Programme, name: str) -> Sequence[tuple[int, int]]:
    """School → the year in which it left before there were cycles here; the newest word counts."""
    rows = session.exec(
        select(Fact.school_id, Fact.value)
        .join(School, col(School.id) == col(Fact.school_id))
        .where(School.register_key == programme.register, Fact.name == name)
        .where(col(Fact.value).is_not(None))
        .order_by(col(Fact.year))
    )
    return [(school, int(value)) for school, value in rows if value]


def _by_cases(session: Session, programme: Programme, year: int) -> dict[int, tuple[int, int]]:
    """School → the year of its last case, where that one ended improved, and how many it had."""
    rows = session.exec(
        select(Case.school_id, Case.outcome, Cycle.year)
        .join(Cycle, col(Cycle.id) == col(Case.cycle_id))
        .where(Cycle.programme_key == programme.key, Cycle.year < year)
        .order_by(col(Cycle.year), col(Case.id))
    ).all()
    years: dict[int, set[int]] = {}
    last: dict[int, tuple[str | None, int]] = {}
    for school, outcome, of_year in rows:
        years.setdefault(school, set()).add(of_year)
        last[school] = (outcome, of_year)
    return {
        school: (of_year, len(years[school]))
        for school, (outcome, of_year) in last.items()
        if outcome == Outcome.IMPROVED
    }
