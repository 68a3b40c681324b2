"""Commands about documents: orders, contracts, minutes, notes, the case folder."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from casework.acting import Acting
from casework.documents.documents import (
    KINDS,
    Kind,
    Wish,
    documents_of,
    make_document,
    own_papers,
    titles_of,
)
from casework.people.name_forms import store_forms
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, CaseId, Json, PersonArgument, SomeProgramme, command
from cli.programmes_named import programme_named
from opora.errors import FileRefused
from opora.words import LANGUAGES, Sentence
from templates.wording import Sayable

_MOST_NUMBER = 2**31 - 1


class Ending(StrEnum):
    """DOCX to sign and edit, PDF to file."""

    DOCX = "docx"
    PDF = "pdf"


class Tongue(StrEnum):
    """The document's language; without it, the language of whoever makes it."""

    RU = LANGUAGES[0]
    EN = LANGUAGES[1]


@command("opora document kinds")
def list_kinds(*, programme: SomeProgramme = None, as_json: Json = False, email: As = None) -> None:
    """What each is about: a case, a cycle or a record. A programme words them its own way by files
    documents/KIND.ru.md and documents/KIND.en.md in its folder, and may have papers of its own.
    """
    with opened(email) as door:
        own = own_papers(programme_named(programme)) if programme else {}
        known: dict[str, Kind] = {**KINDS, **own}
        if as_json:
            door.out.json([{"kind": key, "about": one.about} for key, one in known.items()])
            return
        about = {
            "case": Sentence("a case"),
            "cycle": Sentence("a cycle"),
            "record": Sentence("a record"),
        }
        door.out.table(
            [Sentence("Kind"), Sentence("About"), Sentence("What it is")],
            [(key, about[one.about], one.title) for key, one in known.items()],
        )


@command("opora document make partner_contract 17 --set number=5 --out contract.docx")
def make(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="See opora document kinds.")],
    of: Annotated[
        int,
        typer.Argument(
            metavar="ID", min=1, max=_MOST_NUMBER, help="The case, the cycle or the record."
        ),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it.")
    ] = None,
    ending: Annotated[
        Ending | None, typer.Option("--format", help="Without it the ending of FILE, else PDF.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="number, signed_on, signer, position, place."
        ),
    ] = None,
    language: Annotated[
        Tongue | None, typer.Option("--language", help="Its language; without it, yours.")
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Everything comes from the database; what only the signing brings is given with --set, or there
    is a line to write on. The file is kept under its hash and named in the history.
    """
    shape = _shape(ending, out)
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            wish = Wish(
                kind=kind,
                of=of,
                language=language.value if language else _spoken(acting),
                ending=shape,
                given=_given(given or ()),
            )
            made = make_document(session, wish, acting, store_url=door.settings.evidence)
        target = out or Path(made.kept.name)
        _write(target, made.data)
        if as_json:
            kept = {"sha256": made.kept.sha256, "size": made.kept.size}
            door.out.json({"kind": kind, "file": str(target), **kept})
        door.out.tell(Sentence("Written: {file}", {"file": str(target)}))


def _spoken(acting: Acting) -> str:
    return acting.person.language if acting.person else LANGUAGES[0]


@command("opora document list 17")
def list_all(case: CaseId, *, as_json: Json = False, email: As = None) -> None:
    """Every document that was made about the case, with the hash of its bytes."""
    with opened(email) as door, door.look() as (session, acting):
        found = documents_of(session, acting, case)
        if as_json:
            door.out.json([_as_data(one) for one in found])
            return
        _print(door, found, titles_of(session, found))


def _print(door: Door, found: Sequence[object], titles: Mapping[str, Sayable]) -> None:
    rows = [_as_data(one) for one in found]
    door.out.table(
        [Sentence("Document"), Sentence("File"), Sentence("Made"), Sentence("sha256")],
        [(titles[str(row["kind"])], row["name"], row["made_at"], row["sha256"]) for row in rows],
    )


def _as_data(one: object) -> dict[str, object]:
    names = ("kind", "language", "name", "sha256", "size", "made_at")
    return {name: getattr(one, name) for name in names}


def _shape(ending: Ending | None, out: Path | None) -> str:
    if ending is not None:
        return ending.value
    suffix = out.suffix.lstrip(".").lower() if out else Ending.PDF.value
    if suffix not in list(Ending):
        cure = Sentence("A document is written as .docx or .pdf.")
        raise WrongUsage(field="--out", value=str(out), cure=cure)
    return suffix


def _given(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (equals and value.strip()):
            cure = Sentence("Write NAME=VALUE, like number=12.")
            raise WrongUsage(field="--set", value=pair, cure=cure)
        found[name.strip()] = value.strip()
    return found


def _write(target: Path, data: bytes) -> None:
    try:
        target.write_bytes(data)
    except OSError as error:
        cure = Sentence("The system says: {why}.", {"why": error.strerror})
        raise FileRefused(str(target), cure) from None


@command("opora people name p.magomedova@example.org --dative 'Магомедовой П. А.'")
def name_forms(
    person: PersonArgument,
    *,
    genitive: Annotated[
        str | None, typer.Option("--genitive", metavar="NAME", help="Of whom (кого).")
    ] = None,
    dative: Annotated[
        str | None, typer.Option("--dative", metavar="NAME", help="To whom (кому).")
    ] = None,
    accusative: Annotated[
        str | None, typer.Option("--accusative", metavar="NAME", help="Whom (кого, винительный).")
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Documents use these forms; without one they are worded so that the name stays as it is."""
    said = {"genitive": genitive, "dative": dative, "accusative": accusative}
    forms = {key: text for key, text in said.items() if text is not None}
    with opened(email, moment) as door:
        with door.deed() as (session, acting):
            kept = store_forms(session, person, forms, acting).name_forms or {}
        if as_json:
            door.out.json({"person": person, "forms": kept})
            return
        door.out.pairs([(_FORM_NAMES[key], kept[key]) for key in _FORM_NAMES if key in kept])


_FORM_NAMES = {
    "genitive": Sentence("Genitive"),
    "dative": Sentence("Dative"),
    "accusative": Sentence("Accusative"),
}
