"""What an import did, or would do: counts of rows, every row that stayed out, and why."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from casework.files.cures import CellRefused
from opora.words import Sentence, Words, in_language

_NUMBER = re.compile(r"[-+]?[0-9][0-9 .,]*%?")
_FORMULA = re.compile(r"^[\s\x00-\x1f'\"]*[=+\-@|＝＋－＠]|^[\t\r\n]")

Reason: TypeAlias = Words | Sentence


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that the profile leaves out, or that repeats another one."""

    row: int
    why: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One field of one row that kept the row out. `row` counts as a person sees it: header is 1."""

    file: str
    row: int
    field: str
    value: str
    why: Sentence
    cure: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A role that somebody else has from this file on; `tasks` are the open ones that went along."""

    role: str
    place: str
    was: str
    to: str
    tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """added + changed + unchanged + left out + rejected rows = rows of the file below its header."""

    profile: str
    file: str
    sha256: str
    sheet: str = ""
    encoding: str = ""
    dry_run: bool = False
    import_id: int | None = None  # None when nothing was written
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: tuple[LeftOut, ...] = ()
    rejected: tuple[Reject, ...] = ()
    warnings: tuple[Sentence, ...] = ()
    handed_over: tuple[HandedOver, ...] = ()
    header: tuple[str, ...] = ()
    originals: Mapping[int, Sequence[str]] = field(default_factory=dict, repr=False)

    @property
    def rejected_rows(self) -> int:
        return len({reject.row for reject in self.rejected})

    @property
    def rows(self) -> int:
        """Rows of data in the file."""
        taken = self.added + self.changed + self.unchanged
        return taken + len(self.left_out) + self.rejected_rows


@dataclass(slots=True)
class Findings:
    """What is noted while a file is read; `originals` are the cells of rejected rows."""

    file: str
    left_out: list[LeftOut] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)
    originals: dict[int, Sequence[str]] = field(default_factory=dict)
    warnings: list[Sentence] = field(default_factory=list)
    handed_over: tuple[HandedOver, ...] = ()

    def reject(
        self, row: int, column: str, value: str, error: CellRefused, cells: Sequence[str]
    ) -> None:
        self.rejected.append(
            Reject(
                file=self.file, row=row, field=column, value=value, why=error.why, cure=error.cure
            )
        )
        self.originals[row] = cells


def write_rejects(report: ImportReport, path: Path) -> int:
    """Keep the rejected rows with `why` and `cure` beside their cells; gives how many rows.

    UTF-8 with BOM and `;`, so that a spreadsheet opens it as it is. No cell can act as a formula.
    Nothing is written when nothing was rejected.
    """
    if not report.rejected:
        return 0
    reasons: dict[int, list[Reject]] = {}
    for reject in report.rejected:
        reasons.setdefault(reject.row, []).append(reject)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow([*map(harmless, report.header), "row", "why", "cure"])
        for row, found in sorted(reasons.items()):
            cells = list(report.originals.get(row, ()))[: len(report.header)]
            cells += [""] * (len(report.header) - len(cells))
            why = " ".join(f"{reject.field}: {reject.why}" for reject in found)
            cure = " ".join(dict.fromkeys(str(reject.cure) for reject in found))
            writer.writerow([*map(harmless, cells), row, harmless(why), harmless(cure)])
    return len(reasons)


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula; numbers stay numbers."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def said(reason: Reason, language: str = "en") -> str:
    """A reason as text."""
    return str(reason) if isinstance(reason, Sentence) else in_language(reason, language)
