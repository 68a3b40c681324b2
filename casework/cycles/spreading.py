"""Analytic data go to all who take part (S2-10): each gets the summary and the own schools' numbers."""

from sqlalchemy import or_, select as sa_select
from sqlmodel import Session, col, func, select

from casework.access import require
from casework.acting import Acting
from casework.cases.reading import cases
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.indicators.indicator_views import number_cell
from casework.indicators.indicators import REGION, fractions, is_share, region_of
from casework.letters.announcing import leaves_at
from casework.letters.composing import Desk
from casework.people.responsible import EVERY_REGISTER, in_force
from models.case import Case
from models.cycle import Cycle
from models.history import append
from models.participant import Participant
from models.people import Appointment, Person
from models.school import School
from notifications.composition import Composition
from notifications.letters import Analytics, OwnSchool
from notifications.outbox import Draft, LetterKind, put_all
from opora.words import Sentence
from programmes.indicators import Level
from states.stage import Stage
from templates.reports import text_of

_MOST_SHOWN = 30


def send_analytics(session: Session, cycle: Cycle, acting: Acting) -> int:
    """A letter to everybody who takes part; the same day writes none twice. Gives how many."""
    require(session, acting, Right.PUBLISH_CYCLE, cycle.register_key)
    programme = programme_of(session, cycle)
    on = acting.on(programme.zone)
    drafts = [
        Draft(
            kind=LetterKind.ANALYTICS,
            key=f"cycle:{cycle.id}:analytics:{on}:{person}",
            recipient_id=person,
            send_after=leaves_at(programme, acting.at),
            cycle_id=cycle.id,
            day=on,
        )
        for person in participants(session, cycle, acting)
    ]
    written = put_all(session, drafts, at=acting.at)
    values = {"day": on, "letters": written}
    append(session, acting.deed(f"cycle:{cycle.id}", "send_analytics", values=values))
    return written


def participants(session: Session, cycle: Cycle, acting: Acting) -> list[int]:
    """Whoever holds a role over a school that takes part, its municipality, or the register.

    Schools with a case take part, and those that were entered without one.
    """
    newest = (
        sa_select(func.max(Participant.id))
        .where(col(Participant.cycle_id) == cycle.id)
        .group_by(col(Participant.school_id))
    )
    entered = sa_select(col(Participant.school_id)).where(
        col(Participant.id).in_(newest), col(Participant.category).is_not(None)
    )
    with_case = sa_select(col(Case.school_id)).where(col(Case.cycle_id) == cycle.id)
    schools = (
        sa_select(col(School.id), col(School.territory_id))
        .where(or_(col(School.id).in_(with_case), col(School.id).in_(entered)))
        .subquery()
    )
    on = acting.on(programme_of(session, cycle).zone)
    whole = col(Appointment.school_id).is_(None) & col(Appointment.territory_id).is_(None)
    found = session.exec(
        select(Appointment.person_id)
        .join(Person, col(Person.id) == col(Appointment.person_id))
        .where(
            col(Person.is_active),
            col(Appointment.register_key).in_((cycle.register_key, EVERY_REGISTER)),
            *in_force(on),
            or_(
                whole,
                col(Appointment.school_id).in_(sa_select(schools.c.id)),
                col(Appointment.territory_id).in_(sa_select(schools.c.territory_id)),
            ),
        )
        .distinct()
        .order_by(col(Appointment.person_id))
    ).all()
    return list(found)


def analytics(desk: Desk) -> Composition:
    """The letter: where the whole cycle stands, the region's indicators, and the reader's schools."""
    reader = Acting(at=desk.at, recorded_at=desk.at, person=desk.person)
    own = cases(desk.session, reader, on=desk.today, cycle=desk.cycle.id)
    why = Sentence("You take part in the programme; its numbers go to everybody who does.")
    contents = Analytics(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        year=desk.cycle.year,
        on=desk.today,
        summary=(*_stages(desk), *_indicators(desk)),
        own=tuple(
            OwnSchool(
                school=one.name,
                stage=desk.say(desk.programme.words(one.outcome or one.stage)),
                years=one.years_in_programme,
                late=one.late,
                url=f"{desk.url}/cases/{one.id}",
            )
            for one in own[:_MOST_SHOWN]
        ),
        more=max(len(own) - _MOST_SHOWN, 0),
    )
    return desk.finish(contents)


def _stages(desk: Desk) -> list[tuple[str, str]]:
    rows = desk.session.execute(
        select(Case.stage, func.count())
        .where(Case.cycle_id == desk.cycle.id)
        .group_by(col(Case.stage))
    ).all()
    counted = {row[0]: row[1] for row in rows}
    words = desk.programme.words
    return [(desk.say(words(one)), str(counted[one])) for one in Stage if one in counted]


def _indicators(desk: Desk) -> list[tuple[str, str]]:
    """Those of the region as a whole, as far as they are known."""
    region = region_of(desk.session, desk.cycle)
    found = []
    for key, one in desk.programme.indicators.indicators.items():
        value = fractions(region, key)[REGION].value if one.level is Level.REGION else None
        if value is not None:
            shown = number_cell(value, is_share=is_share(desk.programme, key))
            found.append((desk.say(one.words), text_of(shown, desk.person.language)))
    return found
