"""A person's name in the grammatical cases that orders and contracts need: stored, never guessed."""

from collections.abc import Mapping

from sqlmodel import Session

from casework.access import person_called, require
from casework.acting import Acting
from casework.documents.document_fields import FORMS
from casework.grants import Right
from models.history import append
from models.people import Person
from opora.errors import InputRefused
from opora.words import Sentence

_LONGEST = 200


def store_forms(session: Session, email: str, forms: Mapping[str, str], acting: Acting) -> Person:
    """Keep the forms that are given, leave the others; an empty one is taken away."""
    require(session, acting, Right.MANAGE_PEOPLE, None)
    person = person_called(session, email)
    for form, text in forms.items():
        if form not in FORMS or len(text) > _LONGEST or not text.isprintable():
            cure = Sentence("Write the name in that case on one line, up to 200 characters.")
            raise InputRefused(field=f"--{form}", value=text, cure=cure)
    kept = {**(person.name_forms or {}), **{key: text.strip() for key, text in forms.items()}}
    kept = {key: text for key, text in kept.items() if text}
    if kept == (person.name_forms or {}):
        return person
    append(session, acting.deed(f"person:{person.id}", "store_name_forms", words=dict(forms)))
    person.name_forms = kept
    session.add(person)
    session.flush()
    return person
