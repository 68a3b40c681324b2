"""The files of a published edition: a workbook and a page, both made of the rows that were fixed."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlmodel import Session

from casework.cycles.versions import programme_at
from models.cycle import Listing
from models.listing import Publication
from opora.errors import FileRefused
from opora.words import Sentence, in_language
from programmes.definition import Programme
from templates.registers import register_page
from templates.wording import day_in, say

_WIDTHS = (6, 16, 50, 30, 30, 40, 20)
_HEADINGS = (
    Sentence("No."),
    Sentence("Identifier"),
    Sentence("School"),
    Sentence("Municipality"),
    Sentence("Peer group"),
    Sentence("Categories"),
    Sentence("By a person's decision"),
)


@dataclass(frozen=True, slots=True)
class Documents:
    """Where the files of an edition lie."""

    workbook: Path
    page: Path


def write_documents(
    session: Session, published: Publication, folder: Path, language: str
) -> Documents:
    """Write both files; they are the same whenever they are written. Raises FileRefused."""
    listing = session.get_one(Listing, published.listing_id)
    programme = programme_at(session, listing.programme_sha256)
    fields = _fields(programme, listing, published, language)
    name = f"{programme.key}-{listing.year}-v{listing.version}-e{published.edition}"
    found = Documents(folder / f"{name}.xlsx", folder / f"{name}.html")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found.workbook.write_bytes(_workbook(fields, published, language))
        found.page.write_text(register_page(language, fields), encoding="utf-8")
    except OSError as error:
        cure = Sentence("The system says: {why}.", {"why": error.strerror})
        raise FileRefused(str(folder), cure) from None
    return found


def _fields(
    programme: Programme, listing: Listing, published: Publication, language: str
) -> dict[str, Any]:
    act, labels = published.content["act"], programme.labels

    def label(key: str) -> str:
        return in_language(labels[key], language) if key in labels else key.partition(".")[2]

    return {
        "programme": in_language(programme.title, language),
        "year": str(listing.year),
        "version": listing.version,
        "edition": published.edition,
        "published_on": day_in(language, published.published_on),
        "act": {**act, "date": day_in(language, date.fromisoformat(act["date"]))},
        "sha256": published.sha256,
        "schools": [
            {
                **row,
                "peer_group": label(f"peer_group.{row['peer_group']}") if row["peer_group"] else "",
                "categories": [label(f"category.{key}") for key in row["categories"]],
            }
            for row in published.content["schools"]
        ],
    }


def _workbook(fields: Mapping[str, Any], published: Publication, language: str) -> bytes:
    """Texts only: no name of a school can act as a formula."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties(
            {
                "title": f"{fields['programme']} {fields['year']}",
                "created": published.published_at.replace(tzinfo=None),
            }
        )
        bold = book.add_format({"bold": True, "text_wrap": True, "border": 1})
        cell = book.add_format({"text_wrap": True, "border": 1, "valign": "top"})
        sheet = book.add_worksheet(fields["year"])
        for row, line in enumerate(_heading(fields)):
            sheet.write_string(row, 0, say(line, language))
        top = len(_heading(fields)) + 1
        for column, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(top, column, say(heading, language), bold)
        for number, one in enumerate(fields["schools"], start=1):
            sheet.write_number(top + number, 0, number, cell)
            for column, text in enumerate(_cells(one, language), start=1):
                sheet.write_string(top + number, column, text, cell)
        sheet.freeze_panes(top + 1, 0)
    return stream.getvalue()


def _heading(fields: Mapping[str, Any]) -> tuple[Sentence, ...]:
    return (
        Sentence("Register of participating schools: {programme}", fields),
        Sentence("{year}, version {version}, edition {edition} of {published_on}", fields),
        Sentence("Act: {number} of {date}, signed by {signer}", fields["act"]),
        Sentence("Fingerprint of the content (sha256): {sha256}", fields),
    )


def _cells(one: Mapping[str, Any], language: str) -> tuple[str, ...]:
    return (
        one["school"],
        one["name"],
        one["territory"],
        one["peer_group"],
        ", ".join(one["categories"]),
        say(Sentence("yes"), language) if one["by_override"] else "",
    )
