"""The gap list: which school is not judged, and which facts of it nobody has given."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from analysis.identification import Identification, Per
from analysis.judging import judge
from analysis.school_facts import SchoolFacts
from casework.access import require
from casework.acting import Acting
from casework.cycles.versions import programme_at
from casework.grants import Right
from casework.judgement.covering import facts_read, judged_by, uncovered
from casework.judgement.known_facts import school_facts
from casework.lists.listing import listing_of, standing_overrides
from models.school import School, Territory
from opora.errors import NotFound
from programmes.definition import Programme

_EARLIER = 5
"""Years looked back through where the year itself lacks nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A fact that is neither given nor excused."""

    fact: str
    year: int | None = None  # None: of the school itself
    procedure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One school that has to be judged and is not."""

    school: str
    name: str
    territory: str
    missing: tuple[Missing, ...]


def gaps(session: Session, programme: Programme, year: int, acting: Acting) -> list[Gap]:
    """The gaps of the year's list; where nobody has identified yet, of the list that would be."""
    require(session, acting, Right.IDENTIFY, programme.register)
    try:
        listing = listing_of(session, programme.key, year)
    except NotFound:
        known = {one.school: one for one in school_facts(session, programme, year)}
        can_be = school_facts(session, programme, year, open_only=True)
        verdicts = judge(programme.identification, can_be, year).verdicts
        ids = dict(
            session.exec(
                select(School.code, School.id).where(School.register_key == programme.register)
            ).all()
        )
        judged = {ids[one.school] or 0: one.not_rated for one in verdicts}
        found = uncovered(session, programme, year, judged)
    else:
        programme = programme_at(session, listing.programme_sha256)
        said = standing_overrides(session, listing.id)
        found = uncovered(session, programme, year, judged_by(session, listing), said)
        known = {one.school: one for one in school_facts(session, programme, year)} if found else {}
    rows = session.exec(
        select(School.id, School.code, School.name, Territory.name)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(School.register_key == programme.register)
        .order_by(col(School.code))
    ).all()
    gaps_of, rules = set(found), programme.identification
    return [
        Gap(school=code, name=name, territory=territory, missing=_missing(rules, known[code], year))
        for school_id, code, name, territory in rows
        if school_id in gaps_of
    ]


def _missing(rules: Identification, school: SchoolFacts, year: int) -> tuple[Missing, ...]:
    names = facts_read(rules)
    standing = [Missing(fact=n) for n in names if rules.facts[n].per is Per.SCHOOL]
    lacking = [one for one in standing if one.fact not in school.standing]
    for looked_at in range(year, year - _EARLIER, -1):
        lacking += _missing_of_year(rules, school, looked_at, names)
        if lacking:
            break
    return tuple(lacking)


def _missing_of_year(
    rules: Identification, school: SchoolFacts, year: int, names: list[str]
) -> list[Missing]:
    yearly, results = school.years.get(year, {}), school.results.get(year, {})
    found: list[Missing] = []
    for name in names:
        match rules.facts[name].per:
            case Per.YEAR if name not in yearly:
                found.append(Missing(fact=name, year=year))
            case Per.PROCEDURE if not results:
                found.append(Missing(fact=name, year=year))
            case Per.PROCEDURE:
                found += [
                    Missing(fact=name, year=year, procedure=procedure)
                    for procedure, facts in sorted(results.items())
                    if name not in facts
                ]
    return found
