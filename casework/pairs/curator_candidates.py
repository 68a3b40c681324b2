"""Schools that need a curator and the people who may look after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, select

from analysis.markets import Candidate, Seeker
from analysis.partner_rules import CuratorRules
from casework.cycles.supported import Supported
from casework.pairs.wishes import Wishes
from casework.people.responsible import in_force
from models.case import Case
from models.cycle import Cycle
from models.pairing import CuratorOffer
from models.people import Appointment, Person
from models.school import School, Territory
from states.role import Role
from states.stage import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Who looks after what in a register on a day: every open appointment of a curator."""

    people: Mapping[int, Person]
    holders: Mapping[str, int]  # school → person
    since: Mapping[str, date]
    territories: Mapping[int, frozenset[str]] = field(default_factory=dict)
    outside: Mapping[int, int] = field(default_factory=dict)  # person → schools beside the cohort


def looking_after(session: Session, cohort: Supported) -> Looking:
    """The curators of the cohort's register, whether their schools are in the cohort or not."""
    register = cohort.programme.register
    rows = session.execute(
        sa_select(
            col(Appointment.person_id),
            col(School.code),
            col(Territory.code),
            col(Appointment.since),
        )
        .join(School, col(School.id) == col(Appointment.school_id))
        .join(Territory, col(Territory.id) == col(School.territory_id))
        .where(
            col(Appointment.role) == Role.CURATOR,
            col(Appointment.register_key) == register,
            col(Appointment.until).is_(None),
        )
        .order_by(col(Appointment.id))
    ).all()
    offers = offers_of(session, register)
    ids = {person for person, *_ in rows} | offers.keys()
    people = session.exec(select(Person).where(col(Person.id).in_(ids), col(Person.is_active)))
    territories: dict[int, set[str]] = {}
    outside: dict[int, int] = {}
    for person, school, territory, _ in rows:
        territories.setdefault(person, set()).add(territory)
        outside[person] = outside.get(person, 0) + (school not in cohort.schools)
    return Looking(
        people={one.id or 0: one for one in people},
        holders={school: person for person, school, *_ in rows},
        since={school: since for _, school, _, since in rows},
        territories={key: frozenset(ones) for key, ones in territories.items()},
        outside=outside,
    )


def offers_of(session: Session, register: str) -> dict[int, CuratorOffer]:
    """Person → what stands of what they may be asked."""
    newest = (
        select(func.max(CuratorOffer.id))
        .where(CuratorOffer.register_key == register)
        .group_by(col(CuratorOffer.person_id))
    )
    rows = session.exec(select(CuratorOffer).where(col(CuratorOffer.id).in_(newest)))
    return {row.person_id: row for row in rows}


def curator_seekers(
    session: Session, cohort: Supported, wishes: Wishes, looking: Looking, *, on: date
) -> list[Seeker]:
    """Every case; whoever looks after it now is kept in mind, its own head never looks after it."""
    rules, heads = cohort.programme.partners.curators, _heads(session, cohort, on)
    spent = _failed(session, cohort, rules.failed)
    emails = {key: one.email for key, one in looking.people.items()}
    found = []
    for code, case in cohort.cases.items():
        look = cohort.looks.get(code)
        kept = emails.get(looking.holders.get(code, 0))
        has_failed = code in spent and code in looking.since and looking.since[code] <= spent[code]
        barred = wishes.barred.get(case.id or 0, frozenset())
        found.append(
            Seeker(
                key=code,
                territory=look.school.territory if look else "",
                language=_language(rules, cohort, code),
                barred=frozenset(email_of(emails, one) for one in barred),
                failed=frozenset({kept} if has_failed and kept else ()),
                own=heads.get(code, frozenset()),
                kept=None if has_failed else kept,
            )
        )
    return found


def email_of(emails: Mapping[int, str], name: str) -> str:
    """`person:5` → their address; somebody who is no candidate stays as they are."""
    return emails.get(int(name.partition(":")[2]), name)


def _language(rules: CuratorRules, cohort: Supported, code: str) -> str | None:
    look = cohort.looks.get(code)
    if look is None or rules.language is None:
        return None
    value = look.value(rules.language)[0].value
    return None if value is None else str(value)


def _heads(session: Session, cohort: Supported, on: date) -> dict[str, frozenset[str]]:
    rows = session.execute(
        select(School.code, Person.email)
        .join(Appointment, col(Appointment.school_id) == col(School.id))
        .join(Person, col(Person.id) == col(Appointment.person_id))
        .where(
            Appointment.role == Role.HEAD,
            School.register_key == cohort.programme.register,
            *in_force(on),
        )
    ).all()
    found: dict[str, set[str]] = {}
    for code, email in rows:
        found.setdefault(code, set()).add(email)
    return {code: frozenset(ones) for code, ones in found.items()}


def _failed(session: Session, cohort: Supported, outcomes: Sequence[Outcome]) -> dict[str, date]:
    """School → the end of its latest earlier year, where that ended with one of these outcomes."""
    if cohort.cycle is None:
        return {}
    rows = session.execute(
        sa_select(col(School.code), col(Case.outcome), col(Cycle.ends_on))
        .join(Case, col(Case.school_id) == col(School.id))
        .join(Cycle, col(Cycle.id) == col(Case.cycle_id))
        .where(
            col(Cycle.register_key) == cohort.cycle.register_key,
            col(Cycle.year) < cohort.cycle.year,
        )
        .order_by(col(Cycle.year), col(Case.id))
    ).all()
    latest = {code: (outcome, ended) for code, outcome, ended in rows}
    return {code: ended for code, (outcome, ended) in latest.items() if outcome in outcomes}


def curator_candidates(
    session: Session, cohort: Supported, looking: Looking, fixed: Sequence[str]
) -> list[Candidate]:
    """Curators of the register and whoever was offered, with the places that they still have."""
    offers, general = offers_of(session, cohort.programme.register), cohort.programme.most_schools
    found = []
    for person_id, person in looking.people.items():
        offer = offers.get(person_id)
        limits = [one for one in (general, offer.most if offer else None) if one is not None]
        places = len(cohort.schools)  # nobody counts
        if limits:
            places = max(min(limits) - looking.outside.get(person_id, 0), 0)
        home = frozenset(offer.territories) if offer else frozenset()
        found.append(
            Candidate(
                key=person.email,
                capacity=max(places, fixed.count(person.email)),
                territories=home or looking.territories.get(person_id, frozenset()),
                languages=frozenset((offer.languages if offer else ()) or (person.language,)),
                is_school=False,
            )
        )
    return found
