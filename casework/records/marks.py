"""Who is invited or asked, who came and who acknowledged: parties, and the newest mark of each kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, func, select

from casework.acting import Acting
from casework.people.responsible import Place, Responsible
from casework.records.record_grounds import Ground
from models.case import Case
from models.people import Person
from models.record import Record, RecordMark
from models.school import School, Territory
from opora.errors import InputRefused
from opora.words import Sentence
from programmes.record_kinds import Party, RecordScope
from states.role import Role

GUESTS = "guests"
"""The party of those who come without being invited by name: only so many as were stated."""

MOST_PERSONS = 100_000
EVERYBODY = "all"
"""The word for every party that a record's scope can mean."""


class Mark(StrEnum):
    """What a row says of a party; the second of each pair never exceeds the first."""

    INVITED = "invited"
    ATTENDED = "attended"
    ASKED = "asked"
    ACKNOWLEDGED = "acknowledged"


PAIRS = ((Mark.INVITED, Mark.ATTENDED), (Mark.ASKED, Mark.ACKNOWLEDGED))


@dataclass(frozen=True, slots=True)
class Counted:
    """A party and so many persons of it."""

    party: str
    persons: int


def marks_of(session: Session, record_ids: Iterable[int]) -> dict[int, dict[tuple[str, str], int]]:
    """Record → (party, mark) → persons, as the newest rows say; nobody is left out for being 0."""
    newest = (
        select(
            RecordMark.record_id,
            RecordMark.party,
            RecordMark.mark,
            func.max(RecordMark.seq).label("seq"),
        )
        .where(col(RecordMark.record_id).in_(list(record_ids)))
        .group_by(col(RecordMark.record_id), col(RecordMark.party), col(RecordMark.mark))
        .subquery()
    )
    rows = session.exec(
        select(RecordMark)
        .join(
            newest,
            (newest.c.record_id == col(RecordMark.record_id))
            & (newest.c.party == col(RecordMark.party))
            & (newest.c.mark == col(RecordMark.mark))
            & (newest.c.seq == col(RecordMark.seq)),
        )
        .order_by(col(RecordMark.record_id), col(RecordMark.party))
    ).all()
    found: dict[int, dict[tuple[str, str], int]] = {}
    for row in rows:
        found.setdefault(row.record_id, {})[row.party, row.mark] = row.persons
    return found


def write_marks(
    session: Session, record: Record, mark: Mark, counted: Sequence[Counted], acting: Acting
) -> None:
    """One row more for each party; the line of history is the caller's."""
    rows = session.exec(
        select(RecordMark.party, func.max(RecordMark.seq))
        .where(RecordMark.record_id == record.id, RecordMark.mark == mark.value)
        .group_by(col(RecordMark.party))
    ).all()
    last: dict[str, int] = dict(rows)
    session.add_all(
        RecordMark(
            record_id=record.id or 0,
            party=one.party,
            mark=mark.value,
            seq=last.get(one.party, 0) + 1,
            persons=one.persons,
            by=(acting.person.id or 0) if acting.person else 0,
            at=acting.at,
        )
        for one in counted
    )
    session.flush()


# --- which party ----------------------------------------------------------------------------------


def counted_of(session: Session, ground: Ground, of: Party, said: Iterable[str]) -> list[Counted]:
    """Parties from CODE or CODE:PERSONS (an address for persons), or everybody. Raises InputRefused."""
    found: dict[str, int] = {}
    for one in said:
        name, persons = _split(one)
        if name == EVERYBODY:
            found |= dict.fromkeys(expected(session, ground, of), persons)
            continue
        found[_party(session, ground, of, name)] = persons
    return [Counted(party, persons) for party, persons in found.items()]


def _split(said: str) -> tuple[str, int]:
    name, colon, number = said.strip().rpartition(":")
    if not colon:
        return number, 1
    return name, persons_in(number, said)


def persons_in(number: str, said: object = "") -> int:
    """A number of persons. Raises InputRefused."""
    if not number.isdecimal() or not number.isascii() or int(number[:9]) > MOST_PERSONS:
        cure = Sentence("Write CODE or CODE:PERSONS, such as 860017:3.")
        raise InputRefused(field="CODE", value=said or number, cure=cure)
    return int(number[:9])


def _party(session: Session, ground: Ground, of: Party, name: str) -> str:
    register = ground.cycle.register_key
    if of is Party.SCHOOLS:
        statement = select(School.id).where(School.register_key == register, School.code == name)
    elif of is Party.MUNICIPALITIES:
        statement = select(Territory.id).where(
            Territory.register_key == register, Territory.code == name
        )
    else:
        statement = select(Person.id).where(Person.email == name.lower(), col(Person.is_active))
    found = session.exec(statement).first()
    if found is None:
        cure = Sentence("Nobody is known under this code or address here.")
        raise InputRefused(field="CODE", value=name, cure=cure)
    return f"{_PREFIX[of]}:{found}"


_PREFIX = {Party.SCHOOLS: "school", Party.MUNICIPALITIES: "territory", Party.PERSONS: "person"}


def expected(session: Session, ground: Ground, of: Party) -> list[str]:
    """Every party that the record's scope means: schools with a case, municipalities that have some."""
    statement = (
        select(School.id, School.territory_id)
        .join(Case, col(Case.school_id) == col(School.id))
        .where(Case.cycle_id == ground.cycle.id)
        .order_by(col(School.id))
    )
    if ground.case is not None:
        statement = statement.where(Case.id == ground.case.id)
    elif ground.territory is not None:
        statement = statement.where(School.territory_id == ground.territory.id)
    rows = session.exec(statement).all()
    if of is Party.SCHOOLS:
        return [f"school:{school}" for school, _ in rows]
    if of is Party.MUNICIPALITIES:
        return [f"territory:{one}" for one in sorted({territory for _, territory in rows})]
    is_about = ground.kind.scope is RecordScope.PERSON and ground.person is not None
    return [f"person:{ground.person.id}"] if is_about and ground.person else []


def reader_of(session: Session, party: str, people: Responsible) -> int | None:
    """The person who answers for a party; guests are nobody in particular."""
    prefix, _, number = party.partition(":")
    if prefix == "person":
        return int(number)
    if prefix == "territory":
        return people.person(Role.COORDINATOR, Place(territory_id=int(number)))
    if prefix == "school":
        school = session.get_one(School, int(number))
        place = Place(school_id=school.id, territory_id=school.territory_id)
        return people.person(Role.HEAD, place)
    return None


def names_of(session: Session, parties: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Party → its code (or address) and its name."""
    ids: dict[str, list[int]] = {"school": [], "territory": [], "person": []}
    for party in parties:
        prefix, _, number = party.partition(":")
        if prefix in ids:
            ids[prefix].append(int(number))
    found = {GUESTS: (GUESTS, GUESTS)}
    for school in session.exec(select(School).where(col(School.id).in_(ids["school"]))):
        found[f"school:{school.id}"] = (school.code, school.name)
    for place in session.exec(select(Territory).where(col(Territory.id).in_(ids["territory"]))):
        found[f"territory:{place.id}"] = (place.code, place.name)
    for person in session.exec(select(Person).where(col(Person.id).in_(ids["person"]))):
        found[f"person:{person.id}"] = (person.email, person.name)
    return found
