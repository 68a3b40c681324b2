"""Letters about objections to a list: to who may decide, and back to who objected."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from casework.acting import Acting
from casework.grants import Right, roles_with
from casework.letters.announcing import leaves_at
from casework.lists.listing import cycle_of_year
from casework.people.responsible import EVERY_REGISTER, in_force
from models.cycle import Listing
from models.history import HistoryLine
from models.listing import Objection
from models.people import Appointment, Person
from notifications.outbox import Draft, LetterKind, put, put_all
from programmes.definition import Programme


def tell_of_objection(
    session: Session,
    programme: Programme,
    listing: Listing,
    objection: Objection,
    acting: Acting,
    *,
    barred: Collection[int],
) -> None:
    """To everybody who may decide it; of an appeal not to who decided before."""
    cycle = cycle_of_year(session, listing.programme_key, listing.year)
    judges = session.exec(
        select(Appointment.person_id)
        .join(Person, col(Person.id) == col(Appointment.person_id))
        .where(
            col(Person.is_active),
            col(Appointment.role).in_(roles_with(Right.DECIDE_OBJECTION)),
            col(Appointment.register_key).in_((listing.register_key, EVERY_REGISTER)),
            *in_force(acting.on(programme.zone)),
        )
    )
    drafts = [
        Draft(
            kind=LetterKind.OBJECTION_MADE,
            key=f"objection:{objection.id}:made:{person_id}",
            recipient_id=person_id,
            send_after=leaves_at(programme, acting.at),
            cycle_id=cycle.id if cycle else None,
            fields={"objection": objection.id},
        )
        for person_id in sorted(set(judges) - {objection.made_by, *barred})
    ]
    put_all(session, drafts, at=acting.at)


def tell_of_decision(
    session: Session,
    programme: Programme,
    listing: Listing,
    objection: Objection,
    line: HistoryLine,
    acting: Acting,
) -> None:
    """To whoever objected: the outcome, with the remarks of the line."""
    cycle = cycle_of_year(session, listing.programme_key, listing.year)
    draft = Draft(
        kind=LetterKind.OBJECTION_DECIDED,
        key=f"objection:{objection.id}:decided:{objection.made_by}",
        recipient_id=objection.made_by,
        send_after=leaves_at(programme, acting.at),
        cycle_id=cycle.id if cycle else None,
        fields={"objection": objection.id, "line": line.id},
    )
    put(session, draft, at=acting.at)
