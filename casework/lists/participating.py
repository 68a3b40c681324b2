"""Who takes part in a cycle (S2-02, S2-03): schools with a case, and schools that a person enters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, func, select

from casework.access import answered_school, require, require_open, schools_for
from casework.acting import Acting
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.judgement.covering import is_open
from casework.lists.listing import words_of
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.participant import Participant
from models.school import School, Territory
from opora.errors import InputRefused, NotReady
from opora.words import Sentence
from programmes.lists import Participating
from states.stage import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Which schools, in which category (None: taken out), on what basis."""

    schools: Sequence[str]
    category: str | None
    basis: str


def enter_schools(
    session: Session, cycle: Cycle, entry: Entry, acting: Acting, *, dry_run: bool = False
) -> list[str]:
    """Enter schools as participants, or take them out; gives those that this changes.

    Raises `NotFound`, `Forbidden`, `InputRefused`, `NotReady`.
    """
    rules = _rules(session, cycle)
    session.refresh(cycle, with_for_update=True)
    require_open(cycle)
    if entry.category is not None and entry.category not in rules.categories:
        cure = Sentence("The programme knows: {known}.", {"known": ", ".join(rules.categories)})
        raise InputRefused(field="category", value=entry.category, cure=cure)
    if not entry.basis.strip():
        cure = Sentence("Say on what basis schools take part, or no longer do.")
        raise InputRefused(field="basis", value=entry.basis, cure=cure)
    standing = _entered(session, cycle)
    borrowed: list[int] = []
    changed: dict[str, int] = {}
    for code in dict.fromkeys(entry.schools):
        school = answered_school(session, acting, cycle.register_key, code, Right.ENTER_SCHOOL)
        borrowed += acting.stands_in
        before = standing.get(school.id or 0)
        if (before.category if before else None) != entry.category:
            changed[school.code] = school.id or 0
    acting.stands_in[:] = borrowed[:1]
    if changed and not dry_run:
        _write(session, cycle, changed, entry, acting)
    return sorted(changed)


def _rules(session: Session, cycle: Cycle) -> Participating:
    programme = programme_of(session, cycle)
    if programme.lists.participation is None:
        raise NotReady(
            what=Sentence("The programme has no categories of participation"),
            cure=Sentence("Declare them in lists.yaml: participation."),
        )
    return programme.lists.participation


def _write(
    session: Session, cycle: Cycle, changed: Mapping[str, int], entry: Entry, acting: Acting
) -> None:
    values = {"schools": sorted(changed), "category": entry.category}
    subject = f"cycle:{cycle.id}"
    deed = acting.deed(subject, "enter_schools", values=values, words={"basis": entry.basis})
    line = append(session, deed)
    session.add_all(
        Participant(
            cycle_id=cycle.id or 0,
            school_id=changed[code],
            category=entry.category,
            line_id=line.id or 0,
        )
        for code in sorted(changed)
    )
    session.flush()


def _entered(session: Session, cycle: Cycle) -> dict[int, Participant]:
    """School → the word about it that stands."""
    rows = select(Participant).where(Participant.cycle_id == cycle.id)
    return {one.school_id: one for one in session.exec(rows.order_by(col(Participant.id)))}


# --- who takes part -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantView:
    """A school that takes part; `case` is its case in the cycle, if it has one."""

    school: str
    name: str
    territory: str
    category: str
    case: int | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryCount:
    """A municipality: its open schools, how many take part, and in which categories."""

    territory: str
    schools: int
    taking_part: int
    categories: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """`share` is of the region's open schools; what the programme wants stands beside it."""

    schools: int
    taking_part: int
    share: Decimal | None
    wanted_share: Decimal | None
    territories: int
    territories_taking_part: int
    wants_every_territory: bool
    by_territory: tuple[TerritoryCount, ...]
    participants: tuple[ParticipantView, ...]


def participation(session: Session, cycle: Cycle, acting: Acting) -> Participation:
    """Numbers and names of the whole register, or of the part that the reader answers for."""
    if acting.person is None:
        require(session, acting, Right.SEE, cycle.register_key)
    rules = _rules(session, cycle)
    found = _participants(session, cycle, rules, acting)
    open_schools = dict(
        session.exec(
            select(Territory.name, func.count(col(School.id)))
            .join(School, col(School.territory_id) == col(Territory.id))
            .where(
                School.register_key == cycle.register_key,
                is_open(cycle.starts_on),
                schools_for(session, acting, Right.SEE),
            )
            .group_by(Territory.name)
        ).all()
    )
    by_territory = tuple(
        _count(name, open_schools.get(name, 0), found)
        for name in sorted({*open_schools, *(one.territory for one in found)})
    )
    schools = sum(open_schools.values())
    return Participation(
        schools=schools,
        taking_part=len(found),
        share=(Decimal(len(found)) / schools).quantize(Decimal("0.001")) if schools else None,
        wanted_share=rules.share_of_schools,
        territories=len(by_territory),
        territories_taking_part=sum(one.taking_part > 0 for one in by_territory),
        wants_every_territory=rules.every_territory,
        by_territory=by_territory,
        participants=tuple(found),
    )


def _count(name: str, schools: int, found: Sequence[ParticipantView]) -> TerritoryCount:
    here = [one.category for one in found if one.territory == name]
    return TerritoryCount(
        territory=name,
        schools=schools,
        taking_part=len(here),
        categories=dict(sorted(Counter(here).items())),
    )


def _participants(
    session: Session, cycle: Cycle, rules: Participating, acting: Acting
) -> list[ParticipantView]:
    """A person's word about a school stands above its case; a withdrawn case is none."""
    standing = _entered(session, cycle)
    cases = dict(
        session.exec(
            select(Case.school_id, Case.id).where(
                Case.cycle_id == cycle.id,
                col(Case.outcome).is_(None) | (col(Case.outcome) != Outcome.WITHDRAWN),
            )
        ).all()
    )
    words = words_of(session, (one.line_id for one in standing.values()))
    rows = session.exec(
        select(School, Territory.name)
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(col(School.id).in_([*standing, *cases]), schools_for(session, acting, Right.SEE))
        .order_by(col(School.code))
    ).all()
    found: list[ParticipantView] = []
    for school, territory in rows:
        said, case = standing.get(school.id or 0), cases.get(school.id or 0)
        category = said.category if said is not None else None
        if category is None and case is not None:
            category = rules.cases
        if category is not None:
            basis = words.get(said.line_id, {}).get("basis", "") if said is not None else ""
            found.append(
                ParticipantView(
                    school=school.code,
                    name=school.name,
                    territory=territory,
                    category=category,
                    case=case,
                    basis=basis,
                )
            )
    return found
