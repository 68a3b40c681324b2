"""Many records summed up: counts by kind and outcome, and who attended what of a series (S3-07)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from casework.acting import Acting
from casework.cases.reading import cycle_numbered
from casework.records.marks import GUESTS, Mark, marks_of, names_of
from casework.records.record_grounds import kind_of
from casework.records.record_views import RecordView, Wanted, records
from opora.words import Words
from states.record_machine import RecordState


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How many records of one kind a reader sees, by what has become of them."""

    kind: str
    words: Words
    total: int
    waiting: int
    standing: int
    concluded: int
    cancelled: int
    outcomes: Mapping[str, int]
    invited: int
    attended: int


def counts(found: Sequence[RecordView]) -> list[KindCount]:
    """Records counted by kind, in the order in which the kinds first occur."""
    kinds = {one.kind: one.words for one in found}
    return [
        _count(kind, words, [one for one in found if one.kind == kind])
        for kind, words in kinds.items()
    ]


def _count(kind: str, words: Words, found: Sequence[RecordView]) -> KindCount:
    states = Counter(one.state for one in found)
    return KindCount(
        kind=kind,
        words=words,
        total=len(found),
        waiting=states[RecordState.WAITING],
        standing=states[RecordState.STANDING],
        concluded=states[RecordState.CONCLUDED],
        cancelled=states[RecordState.CANCELLED],
        outcomes=dict(Counter(one.outcome for one in found if one.outcome is not None)),
        invited=sum(one.invited for one in found),
        attended=sum(one.attended for one in found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One party: `cells` follow the columns, each (invited, attended) in persons; None: not invited."""

    party: str  # code or address
    name: str
    cells: tuple[tuple[int, int] | None, ...]
    attended: int  # how many of the columns it came to


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Who was invited to and attended what: parties down, records across, by day."""

    kind: str
    words: Words
    wanted: int | None  # how many the kind foresees
    columns: tuple[RecordView, ...]
    rows: tuple[Row, ...]
    guests: tuple[int, ...]  # of each column


def attendance(session: Session, acting: Acting, cycle_id: int, kind: str) -> Matrix:
    """The matrix of one kind in one cycle, of the records that the actor sees whole."""
    declared = kind_of(session, cycle_numbered(session, cycle_id), kind)
    seen = records(session, acting, Wanted(cycle=cycle_id, kind=kind, counting=True))
    columns = sorted(
        (one for one in seen if one.is_whole), key=lambda one: (str(one.day or ""), one.id)
    )
    marks = marks_of(session, [one.id for one in columns])
    parties = {party for found in marks.values() for party, _ in found}
    names = names_of(session, parties)
    rows = [
        _row(names.get(party, (party, party)), party, columns, marks)
        for party in parties - {GUESTS}
    ]
    return Matrix(
        kind=kind,
        words=declared.words,
        wanted=declared.series.of if declared.series else None,
        columns=tuple(columns),
        rows=tuple(sorted(rows, key=lambda row: (row.name, row.party))),
        guests=tuple(marks.get(one.id, {}).get((GUESTS, Mark.ATTENDED), 0) for one in columns),
    )


def _row(
    name: tuple[str, str],
    party: str,
    columns: Sequence[RecordView],
    marks: Mapping[int, Mapping[tuple[str, str], int]],
) -> Row:
    cells = [_cell(party, marks.get(one.id, {})) for one in columns]
    came = sum(1 for cell in cells if cell is not None and cell[1] > 0)
    return Row(party=name[0], name=name[1], cells=tuple(cells), attended=came)


def _cell(party: str, marks: Mapping[tuple[str, str], int]) -> tuple[int, int] | None:
    invited = marks.get((party, Mark.INVITED))
    return None if invited is None else (invited, marks.get((party, Mark.ATTENDED), 0))
