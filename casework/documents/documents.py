"""Documents made from what is known: gathered, rendered, kept under their hash, one line in history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from casework.access import Held, case_for, require
from casework.acting import Acting
from casework.cases.reading import cycle_numbered
from casework.cycles.versions import programme_of
from casework.documents.document_fields import of_board, of_case, of_cycle, of_record
from casework.documents.document_folder import of_folder
from casework.documents.document_grounds import of_grounds, of_papers
from casework.documents.document_numbers import of_numbers
from casework.documents.document_plan import of_plan, plan_if_any
from casework.documents.document_subject import Fields, Subject
from casework.grants import Right, roles_with
from casework.records.record_views import record_of
from casework.tasks.evidence import Kept, keep
from models.cycle import Cycle
from models.document import MadeDocument
from models.history import append
from opora.errors import Forbidden, InputRefused, NotReady
from opora.words import LANGUAGES, Sentence, Words
from programmes.definition import Programme
from templates.document_files import written_as
from templates.documents import document_text
from templates.wording import say, tongue

_MOST_MB = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """What a document is about (`case`, `cycle` or `record`), and who gathers what it says."""

    about: str
    gather: tuple[Callable[[Session, Subject, Acting], Fields], ...]
    title: Sentence | Words
    required: Mapping[str, Sentence]  # without these it would have a hole
    rests_on: tuple[str, ...] = ()  # nor without a standing record of each of these kinds


def _made_before(session: Session, subject: Subject, acting: Acting) -> Fields:
    """The documents of the case that were made until now, the oldest first."""
    found = documents_of(session, acting, subject.case.id or 0) if subject.case else []
    return {
        "documents": [
            {
                "title": _worded(subject, title_of(subject.programme, one.kind)),
                "name": one.name,
                "on": one.made_at.astimezone(subject.programme.zone),
                "sha256": one.sha256,
            }
            for one in found
        ]
    }


KINDS: dict[str, Kind] = {
    "list_order": Kind("cycle", (), Sentence("Order on the list of schools"), {}),
    "curators_order": Kind("cycle", (), Sentence("Order on the curators"), {}),
    "analytic_note": Kind("cycle", (of_board, of_numbers), Sentence("Analytic note"), {}),
    "partner_contract": Kind(
        "case",
        (of_case,),
        Sentence("Contract with the partner school"),
        {
            "partner": Sentence(
                "a decision on the partner: opora partner confirm, opora case decide"
            ),
            "head": Sentence("the school's head: opora import, profile people"),
        },
    ),
    "approval_order": Kind("case", (of_case,), Sentence("Order approving the school's plan"), {}),
    "plan": Kind("case", (of_case, of_plan), Sentence("Plan of measures"), {}),
    "case_folder": Kind(
        "case", (of_case, plan_if_any, of_folder, _made_before), Sentence("Case folder"), {}
    ),
    "protocol": Kind("record", (of_record,), Sentence("Minutes"), {}),
}
"""Every document that Opora can make; a programme may word each of them its own way."""

_OWN = (of_case, of_grounds, of_papers, plan_if_any)
"""What a paper of a programme's own, about a case, may say."""


def own_papers(programme: Programme) -> dict[str, Kind]:
    """Papers about a case that the programme alone has: a declared document with a text of its own."""
    return {
        key: Kind("case", _OWN, _begun(one.words), {}, one.rests_on)
        for key, one in programme.documents.items()
        if key not in KINDS
        and any(f"documents/{key}.{language}.md" in programme.files for language in LANGUAGES)
    }


def _begun(words: Words) -> Words:
    """As a title begins: with a capital letter."""
    return {language: text[:1].upper() + text[1:] for language, text in words.items()}


def title_of(programme: Programme, kind: str) -> Sentence | Words:
    """What a paper is called; one that a later version of the programme has lost, by its key."""
    known = KINDS.get(kind) or own_papers(programme).get(kind)
    return known.title if known else dict.fromkeys(LANGUAGES, kind)


def titles_of(session: Session, made: Sequence[MadeDocument]) -> dict[str, Sentence | Words]:
    """Kind → what it is called, in the version of the programme that the case follows."""
    cycles = {one.kind: session.get_one(Cycle, one.cycle_id) for one in made}
    return {key: title_of(programme_of(session, cycle), key) for key, cycle in cycles.items()}


def _worded(subject: Subject, title: Sentence | Words) -> str:
    return say(title, subject.language) if isinstance(title, Sentence) else subject.said(title)


GIVEN = ("number", "signed_on", "signer", "position", "place")
"""What only the signing brings; left out, there is a line to write on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which document, about what, and in which shape."""

    kind: str
    of: int  # the case, cycle or record
    language: str
    ending: str  # docx | pdf
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """The file, and where it is kept."""

    kept: Kept
    data: bytes


def make_document(session: Session, wish: Wish, acting: Acting, *, store_url: str) -> Made:
    """Write it from the database. Raises NotReady naming everything that it would lack."""
    known = KINDS.get(wish.kind)
    subject, chain = _subject(session, known.about if known else "case", wish, acting)
    kind = known or _own(subject.programme, wish)
    fields = of_cycle(session, subject, acting)
    for gather in kind.gather:
        fields |= gather(session, subject, acting)
    _refuse_holes(subject, kind, fields)
    fields |= _given(wish.given)
    text = document_text(wish.kind, wish.language, fields, subject.programme.files)
    title = _title(text)
    data = written_as(wish.ending, text, title=title, language=wish.language, at=acting.at)
    name = f"{wish.kind}-{wish.of}.{wish.ending}"
    kept = keep(store_url, data, name=name, limit_mb=_MOST_MB)
    _record(session, subject, wish, kept, chain, acting)
    return Made(kept, data)


def _own(programme: Programme, wish: Wish) -> Kind:
    papers = own_papers(programme)
    if wish.kind not in papers:
        cure = Sentence("The kinds are: {kinds}.", {"kinds": [*KINDS, *papers]})
        raise InputRefused(field="KIND", value=wish.kind, cure=cure)
    if f"documents/{wish.kind}.{tongue(wish.language)}.md" not in programme.files:
        cure = Sentence("The programme has this paper in another language.")
        raise InputRefused(field="--language", value=wish.language, cure=cure)
    return papers[wish.kind]


def _subject(session: Session, about: str, wish: Wish, acting: Acting) -> tuple[Subject, str]:
    """What the document is about, within the actor's scope, and whose chain tells of it."""
    language = tongue(wish.language)
    if about == "case":
        held = case_for(session, acting, wish.of)
        _may(held, acting)
        on = acting.on(held.programme.zone)
        found = Subject(
            cycle=held.cycle,
            programme=held.programme,
            language=language,
            on=on,
            case=held.case,
            school=held.school,
        )
        return found, held.chain
    record = record_of(session, acting, wish.of) if about == "record" else None
    cycle = cycle_numbered(session, record.cycle if record else wish.of)
    if record is None:
        require(session, acting, Right.MAKE_DOCUMENT, cycle.register_key)
    elif not record.is_whole:
        raise Forbidden(person=acting.called, deed=Right.MAKE_DOCUMENT.value)
    programme = programme_of(session, cycle)
    subject = Subject(
        cycle=cycle,
        programme=programme,
        language=language,
        on=acting.on(programme.zone),
        record=record.id if record else None,
    )
    return subject, record.subject if record else f"cycle:{cycle.id}"


def _may(held: Held, acting: Acting) -> None:
    """A closed year's folder may still be printed: nothing of the case changes."""
    if not held.roles & set(roles_with(Right.MAKE_DOCUMENT)):
        raise Forbidden(person=acting.called, deed=Right.MAKE_DOCUMENT.value)


def _refuse_holes(subject: Subject, kind: Kind, fields: Fields) -> None:
    lacking = [wanted for key, wanted in kind.required.items() if not fields.get(key)]
    lacking += [
        Sentence(
            "a record “{title}”: opora record add {kind} --case {case}",
            {"title": subject.label(f"record.{key}"), "kind": key, "case": fields["case"]},
        )
        for key in kind.rests_on
        if not fields["records"].get(key)
    ]
    if lacking:
        raise NotReady(
            what=Sentence("The document would have holes"),
            cure=Sentence("It lacks {what}.", {"what": lacking}),
        )


def _given(given: Mapping[str, str]) -> Fields:
    unknown = sorted(given.keys() - set(GIVEN))
    if unknown:
        cure = Sentence("Possible are: {names}.", {"names": list(GIVEN)})
        raise InputRefused(field="--set", value=unknown[0], cure=cure)
    signed_on = given.get("signed_on")
    try:
        day = date.fromisoformat(signed_on) if signed_on else None
    except ValueError:
        cure = Sentence("Write a day like 2026-11-22.")
        raise InputRefused(field="signed_on", value=signed_on, cure=cure) from None
    return {**dict.fromkeys(GIVEN), **given, "signed_on": day}


def _title(text: str) -> str:
    """The first heading."""
    return next((line.lstrip("# ") for line in text.splitlines() if line.startswith("#")), "")


def _record(
    session: Session, subject: Subject, wish: Wish, kept: Kept, chain: str, acting: Acting
) -> None:
    values: dict[str, Any] = {
        "kind": wish.kind,
        "language": subject.language,
        "sha256": kept.sha256,
        "size": kept.size,
    }
    line = append(session, acting.deed(chain, "make_document", values=values))
    session.add(
        MadeDocument(
            cycle_id=subject.cycle.id or 0,
            case_id=subject.case.id if subject.case else None,
            record_id=subject.record,
            kind=wish.kind,
            language=subject.language,
            name=kept.name,
            sha256=kept.sha256,
            size=kept.size,
            made_by=acting.person.id or 0 if acting.person else 0,
            made_at=acting.at,
            line_id=line.id or 0,
        )
    )
    session.flush()


def documents_of(session: Session, acting: Acting, case_id: int) -> list[MadeDocument]:
    """What was made about the case, the oldest first."""
    case_for(session, acting, case_id)
    made = select(MadeDocument).where(MadeDocument.case_id == case_id)
    return list(session.exec(made.order_by(col(MadeDocument.id))).all())
