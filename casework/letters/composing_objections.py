"""The letters about objections to a list; they may leave before any cycle is open."""

from collections.abc import Callable, Mapping

from sqlmodel import select

from casework.letters.composing import Sheet
from casework.lists.listing import is_on_list, listing_of, words_of
from models.cycle import Listing
from models.listing import Objection
from models.people import Person
from models.school import School, Territory
from notifications.composition import Composition, Superseded
from notifications.letters import ObjectionDecided, ObjectionMade
from notifications.outbox import LetterKind
from opora.words import Sentence


def objection_made(sheet: Sheet) -> Composition | Superseded:
    """Of no use once somebody has decided."""
    objection = sheet.session.get_one(Objection, sheet.letter.fields["objection"])
    if objection.is_upheld is not None:
        return Superseded(Sentence("somebody has decided already"))
    why = Sentence("You decide on objections to the list.")
    said = words_of(sheet.session, [objection.line_id]).get(objection.line_id, {})
    contents = ObjectionMade(
        **sheet.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        **_about(sheet, objection),  # type: ignore[arg-type]  # school, territory, year, is_…
        number=objection.id or 0,
        reason=said.get("reason", ""),
        by=sheet.session.get_one(Person, objection.made_by).name,
    )
    return sheet.seal(contents)


def objection_decided(sheet: Sheet) -> Composition | Superseded:
    """The outcome; a decision never changes, an appeal is a decision of its own."""
    objection = sheet.session.get_one(Objection, sheet.letter.fields["objection"])
    line = sheet.letter.fields["line"]
    said = words_of(sheet.session, [line]).get(line, {})
    why = Sentence("You objected to the verdict on this school.")
    contents = ObjectionDecided(
        **sheet.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        **_about(sheet, objection),  # type: ignore[arg-type]  # school, territory, year, is_…
        is_upheld=objection.is_upheld is True,
        remarks=said.get("remarks", ""),
        basis=said.get("basis", ""),
    )
    return sheet.seal(contents)


def _about(sheet: Sheet, objection: Objection) -> dict[str, object]:
    session = sheet.session
    school = session.get_one(School, objection.school_id)
    listing = session.get_one(Listing, objection.listing_id)
    in_force = listing_of(session, listing.programme_key, listing.year)
    on_list = select(School.id).where(School.id == school.id, is_on_list(in_force.id))
    return {
        "school": school.name,
        "territory": session.get_one(Territory, school.territory_id).name,
        "year": listing.year,
        "is_listed": session.exec(on_list).first() is not None,
        "made_on": objection.made_on,
        "is_appeal": objection.appeal_of is not None,
    }


OBJECTIONS: Mapping[LetterKind, Callable[[Sheet], Composition | Superseded]] = {
    LetterKind.OBJECTION_MADE: objection_made,
    LetterKind.OBJECTION_DECIDED: objection_decided,
}
"""Letters about a list: they know their year without a cycle."""
