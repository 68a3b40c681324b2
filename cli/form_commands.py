"""The command that shows a record before it is written down, and the files that fields come from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from casework.records.record_forms import (
    Form,
    about_of,
    read_form,
    record_form,
    require_same,
    write_form,
)
from casework.records.record_grounds import About, Ground
from cli.door import Door, opened
from cli.options import As, At, Json, SomeCycle, command
from opora.errors import FileRefused
from opora.words import Sentence
from programmes.yaml_tree import read_tree

AboutCase = Annotated[
    int | None,
    typer.Option("--case", metavar="CASE", min=1, max=2**31 - 1, help="About this case."),
]
AboutTerritory = Annotated[
    str | None, typer.Option("--territory", metavar="CODE", help="About this municipality.")
]
AboutPerson = Annotated[
    str | None, typer.Option("--person", metavar="EMAIL", help="About this person.")
]
_LARGEST_FILE = 1024 * 1024
_WORKBOOK = ".xlsx"
_NUMBER = re.compile(r"[0-9]{1,9}")


@command("opora record form information_card --case 17 --xlsx card.xlsx")
def form(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As the programme names it.")],
    *,
    case: AboutCase = None,
    territory: AboutTerritory = None,
    person: AboutPerson = None,
    cycle: SomeCycle = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Into a workbook to fill in.")
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """What is known already stands in its field, with where it comes from; nothing is written. Hand
    the workbook in by: opora record add KIND --file FILE. Who writes the record down without a form
    gets the same values in the fields that they leave out.
    """
    about = About(cycle=cycle, case=case, territory=territory, person=person)
    with opened(email, moment) as door, door.look() as (session, acting):
        found = record_form(session, acting, kind, about)
        if xlsx is not None:
            write_form(xlsx, found, language=door.out.language)
            told = {
                "file": xlsx.name,
                "known": sum(row.known is not None for row in found.rows),
                "fields": len(found.rows),
            }
            door.out.tell(Sentence("{file}: {known} of {fields} field(s) are filled in.", told))
        elif as_json:
            door.out.json(found)
        else:
            _print(door, found)


def _print(door: Door, found: Form) -> None:
    language = door.out.language
    door.out.table(
        [
            Sentence("Field"),
            Sentence("What it is"),
            Sentence("Known already"),
            Sentence("Where it comes from"),
            Sentence("Required"),
            Sentence("What may stand there"),
        ],
        [
            (
                row.key,
                row.words,
                row.known,
                row.source,
                row.required,
                row.may_say(language),
            )
            for row in found.rows
        ],
        title=found.words,
    )


# --- fields from a file ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FromFile:
    """The fields that a file holds; a form also says what it is about, and lies somewhere."""

    fields: Mapping[str, object] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None  # of a form

    def about_of(self, kind: str, about: About) -> About:
        """What a record is about: a form tells it, and contradicts no option."""
        wanted = {
            "case": about.case,
            "cycle": about.cycle,
            "territory": about.territory,
            "person": about.person,
        }
        require_same(self.about, kind, wanted)
        return About(
            cycle=about.cycle or self._number("cycle"),
            case=about.case or self._number("case"),
            territory=about.territory or self.about.get("territory"),
            person=about.person or self.about.get("person"),
        )

    def require_of(self, ground: Ground) -> None:
        """A form changes only a record of what it was written for. Raises `InputRefused`."""
        require_same(self.about, ground.key, about_of(ground))

    def _number(self, key: str) -> int | None:
        said = self.about.get(key, "")
        return int(said) if _NUMBER.fullmatch(said) else None


def from_file(file: Path | None) -> FromFile:
    """A form filled in (XLSX), or YAML with one KEY: VALUE a line. Raises `FileRefused`."""
    if file is None:
        return FromFile()
    data = _bytes_of(file)
    if file.suffix.lower() == _WORKBOOK:
        about, fields = read_form(file, data)
        return FromFile(fields, about, file.parent)
    try:
        tree = read_tree(file.name, data.decode("utf-8"))
    except UnicodeDecodeError:
        cure = Sentence("Write YAML in UTF-8: one KEY: VALUE a line.")
        raise FileRefused(file.name, cure) from None
    if tree.faults or not isinstance(tree.value, dict):
        raise FileRefused(file.name, tree.faults[0].sentence)
    return FromFile(tree.value)


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            cure = Sentence("It is larger than {limit} MiB: split it.", {"limit": 1})
            raise FileRefused(file.name, cure)
        return file.read_bytes()
    except OSError as error:
        cure = Sentence("The system says: {why}.", {"why": error.strerror})
        raise FileRefused(file.name, cure) from None
