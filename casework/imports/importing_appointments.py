"""People and their roles compared with who is known, and whoever is new enrolled and appointed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.imports.importing_people import PersonRow, Post
from casework.imports.importing_report import HandedOver
from casework.imports.importing_succession import hand_on, successions, told
from casework.imports.registering import Source
from casework.people.appointing import Newcomer, appoint, enrol
from casework.people.responsible import EVERY_REGISTER
from models.history import append
from models.people import Appointment, Person
from programmes.definition import Programme

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Known:
    """People of the file who are enrolled, and who holds what today in this register."""

    people: Mapping[str, Person]
    posts: Mapping[Post, set[int]]

    def holds(self, row: PersonRow) -> bool:
        person = self.people.get(row.email)
        return row.post is None or (
            person is not None and person.id in self.posts.get(row.post, ())
        )

    def state(self, row: PersonRow) -> str:
        person = self.people.get(row.email)
        if person is None:
            return "added"
        if not self.holds(row):
            is_first = row.post is not None and not self.posts.get(row.post) and not row.name
            return "added" if is_first else "changed"
        differs = (row.name and row.name != person.name) or (
            row.language and row.language != person.language
        )
        return "changed" if differs else "unchanged"


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows counted as added, changed and unchanged, and the roles that went to somebody else."""

    counts: Counter[str]
    handed_over: tuple[HandedOver, ...]


def take_in_people(
    session: Session,
    rows: Sequence[PersonRow],
    programme: Programme,
    acting: Acting,
    begin: Callable[[], Source] | None,
) -> Taken:
    """Enrol and appoint whoever is new; open tasks follow a role that changes hands. `begin` is
    called before anything is written; without it nothing is.
    """
    known = _Known(
        {person.email: person for person in _people(session, {row.email for row in rows})},
        _open_posts(session, programme.register),
    )
    states = {row.row: known.state(row) for row in rows}
    counts = Counter(states.values())
    new = (row for row in rows if states[row.row] != "unchanged" and not known.holds(row))
    changing = successions(session, programme.register, new, known.posts, known.people)
    taken = Taken(counts, told(session, changing))
    if begin is None or counts["added"] + counts["changed"] == 0:
        return taken
    source = begin()
    todo = sorted(
        (row for row in rows if states[row.row] != "unchanged"),
        key=lambda row: (row.email, row.role or "", str(row.place)),
    )
    first: dict[str, PersonRow] = {}  # of each newcomer: the row whose role the first line tells
    for row in todo:
        known_first = first.get(row.email)
        if row.email not in known.people and (known_first is None or known_first.post is None):
            first[row.email] = row
    ids = _enrol(session, first, programme, acting)
    on = acting.on(programme.zone)
    for row in todo:
        if (person := known.people.get(row.email)) is not None:
            _update(session, person, row, acting)
        if row is first.get(row.email) or known.holds(row) or row.role is None or row.place is None:
            continue
        person_id = (person.id if person else ids[row.email]) or 0
        most = programme.most_schools
        appoint(session, person_id, row.role, row.place, acting=acting, on=on, most=most)
    session.flush()
    ids |= {email: person.id or 0 for email, person in known.people.items()}
    hand_on(session, changing, ids, f"import:{source.import_id}", acting)
    return taken


def _enrol(
    session: Session, first: Mapping[str, PersonRow], programme: Programme, acting: Acting
) -> dict[str, int]:
    newcomers = [
        Newcomer(row.email, row.name, row.language or programme.languages[0])
        for row in first.values()
    ]
    roles = {row.email: (row.role, row.place) for row in first.values() if row.role and row.place}
    return enrol(session, newcomers, roles, acting, acting.on(programme.zone))


def _people(session: Session, emails: Iterable[str]) -> Iterable[Person]:
    ordered = sorted(emails)
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        yield from session.exec(select(Person).where(col(Person.email).in_(chunk)))


def _open_posts(session: Session, register: str) -> dict[Post, set[int]]:
    found: dict[Post, set[int]] = defaultdict(set)
    for held in session.exec(
        select(Appointment).where(
            col(Appointment.register_key).in_((register, EVERY_REGISTER)),
            col(Appointment.until).is_(None),
        )
    ):
        found[held.role, held.territory_id, held.school_id].add(held.person_id)
    return found


def _update(session: Session, person: Person, row: PersonRow, acting: Acting) -> None:
    is_renamed = bool(row.name) and row.name != person.name
    if row.language:
        person.language = row.language
    if is_renamed:
        person.name = row.name
        words = {"name": row.name}
        append(session, acting.deed(f"person:{person.id}", "rename_person", words=words))
    session.add(person)
