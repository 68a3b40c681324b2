"""The letter about an address that takes no letters, to whoever stands above its person."""

from casework.letters.composing import Desk
from casework.letters.readdressing import refusal_of
from models.people import Person
from notifications.composition import Composition, Superseded
from notifications.letters import AddressRefused
from opora.words import Sentence


def address_refused(desk: Desk) -> Composition | Superseded:
    """Of no use once the address is another one, or was found to be right."""
    other = desk.session.get_one(Person, desk.letter.fields["person"])
    refusal = refusal_of(desk.session, other)
    if refusal is None:
        return Superseded(Sentence("the address takes letters again"))
    why = Sentence("You are the next one above this person.")
    contents = AddressRefused(
        **desk.common(why),  # type: ignore[arg-type]  # the fields every letter carries
        reader=other.name,
        address=refusal.address,
        reason=refusal.reason,
    )
    return desk.finish(contents)
