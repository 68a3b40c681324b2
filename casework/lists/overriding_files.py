"""A file of overrides, row by row: good rows are done, every other one is named with its cure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from casework.access import require
from casework.acting import Acting
from casework.files.cells import text_of
from casework.files.tables import Table, plain_name, read_table
from casework.grants import Right
from casework.imports.importing_report import Reject
from casework.lists.overriding import Overridden, Ruling, write_override
from models.cycle import Listing
from opora.errors import FileRefused, InputRefused, NotFound
from opora.words import Sentence
from programmes.import_profiles import FileFormat

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "school": ("school", "id", "школа", "идентификатор"),
    "verdict": ("verdict", "решение"),
    "reason": ("reason", "причина"),
    "basis": ("basis", "основание"),
}
_VERDICTS: Mapping[str, bool] = {
    "on": True,
    "give": True,
    "включить": True,
    "присвоить": True,
    "off": False,
    "take": False,
    "исключить": False,
    "снять": False,
}
"""The first word of a verdict; a category may follow it, else it is about the list itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """rows = done + unchanged + rejected."""

    file: str
    dry_run: bool
    done: tuple[Overridden, ...]
    unchanged: int
    rejected: tuple[Reject, ...]


def override_by_file(
    session: Session, listing: Listing, path: Path, acting: Acting, *, dry_run: bool = False
) -> FileReport:
    """Columns school, verdict, reason, basis. The same file again changes nothing.

    Raises FileRefused for what is no such table.
    """
    require(session, acting, Right.OVERRIDE_LIST, listing.register_key)
    names = {name for all_ in _COLUMNS.values() for name in all_}
    table = read_table(path, FileFormat(), names)
    positions = _positions(table)
    done: list[Overridden] = []
    rejected: list[Reject] = []
    unchanged, seen = 0, dict[tuple[str, str | None], bool]()
    for number, cells in table.rows:
        texts = [text_of(cell).strip() for cell in cells]
        row = {key: texts[at] if at < len(texts) else "" for key, at in positions.items()}
        try:
            ruling = _ruling(row)
            _agrees(seen, ruling)
            found = write_override(session, listing, ruling, acting, dry_run=dry_run)
        except (InputRefused, NotFound) as error:
            rejected.append(_reject(table.file, number, row, error))
            continue
        if found.is_new:
            done.append(found)
        else:
            unchanged += 1
    return FileReport(
        file=table.file,
        dry_run=dry_run,
        done=tuple(done),
        unchanged=unchanged,
        rejected=tuple(rejected),
    )


def _positions(table: Table) -> Mapping[str, int]:
    header = [plain_name(name) for name in table.header]
    found: dict[str, int] = {}
    for key, names in _COLUMNS.items():
        places = [place for place, name in enumerate(header) if name in names]
        if len(places) != 1:
            told = {"column": key, "number": len(places)}
            raise FileRefused(
                table.file, Sentence("It needs one column “{column}” and has {number}.", told)
            )
        found[key] = places[0]
    return found


def _ruling(row: Mapping[str, str]) -> Ruling:
    word, _, category = row["verdict"].partition(" ")
    carries = _VERDICTS.get(word.casefold())
    if carries is None:
        cure = Sentence("Write on, off, give CATEGORY or take CATEGORY.")
        raise InputRefused(field="verdict", value=row["verdict"], cure=cure)
    return Ruling(
        school=row["school"],
        carries=carries,
        reason=row["reason"],
        basis=row["basis"],
        category=category.strip() or None,
    )


def _agrees(seen: dict[tuple[str, str | None], bool], ruling: Ruling) -> None:
    key = (ruling.school, ruling.category)
    if seen.setdefault(key, ruling.carries) is not ruling.carries:
        cure = Sentence("A row above says the opposite of the same school: leave one of them.")
        raise InputRefused(field="school", value=ruling.school, cure=cure)


def _reject(
    file: str, number: int, row: Mapping[str, str], error: InputRefused | NotFound
) -> Reject:
    if isinstance(error, NotFound):
        field, value = "school", row["school"]
        why = Sentence("The register has no such school.")
        cure = Sentence("Compare the identifier with the register.")
    else:
        field, value = str(error.fields["field"]), str(error.fields["value"])
        why, said = Sentence("The row cannot be used."), error.fields["cure"]
        cure = said if isinstance(said, Sentence) else Sentence("Correct the row.")
    return Reject(file=file, row=number, field=field, value=value, why=why, cure=cure)
