"""Why a school is on the list or not: the rule in words, every value with its cell, what would turn it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from analysis.altering import cells, changed
from analysis.bulk_judging import BulkJudgement
from analysis.columns import FactTable
from analysis.explaining import Reading, reading
from analysis.findings import Input
from analysis.flipping import Change, judges, smallest_changes
from analysis.grounding import GroundWords
from analysis.grouping import peer_group
from analysis.hanging import hanging
from analysis.judging import is_judged, judge_in_bulk, judged_alone
from analysis.looking import Look, tried_parameters
from analysis.phrasing import Speaker, ValueWords
from analysis.school_facts import Scalar
from analysis.verdicts import Verdict
from analysis.versions import judge_among_all
from analysis.weighing import weigh
from casework.access import answered_school
from casework.acting import Acting
from casework.grants import Right
from casework.judgement.fact_columns import fact_columns
from models.school import Fact, ImportRun, School, Territory
from opora.errors import NotReady
from opora.words import Sentence, Words
from programmes.definition import Programme

_CHECKED_AGAIN = 8  # changes judged once more among all schools, where rules compare them


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a value stood: `column` is its header, None for imports of long ago."""

    file: str
    sheet: str
    row: int
    column: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One school's verdict with all that it rests on. `changes`: the smallest of each fact."""

    school: str
    name: str
    territory: Words
    year: int
    verdict: Verdict
    speaker: Speaker
    readings: tuple[Reading, ...]
    inputs: tuple[tuple[Input, Cell | None], ...]
    changes: tuple[Change, ...]

    @property
    def hangs_on_one(self) -> tuple[Change, ...]:
        """The changes by a single pupil."""
        return tuple(one for one in self.changes if one.is_count and abs(one.by or 0) == 1)


def explain_verdict(
    session: Session,
    programme: Programme,
    year: int,
    code: str,
    acting: Acting,
    parameters: Mapping[str, object] | None = None,
) -> Explained:
    """The verdict by the facts as they are now; `parameters` are tried and nothing is kept.

    Raises `NotFound` for a foreign school, `NotReady` where the rules do not judge it that year.
    """
    school = answered_school(session, acting, programme.register, code, Right.EXPLAIN_VERDICT)
    table = fact_columns(session, programme, year, open_only=True)
    look = _look(programme, table, year, school, parameters)
    verdict = _verdict(look, table, parameters)
    readings = tuple(reading(look, key) for key in _categories(programme))
    return Explained(
        school=school.code,
        name=school.name,
        territory=_territory(session, school),
        year=year,
        verdict=verdict,
        speaker=Speaker(look, value_words(programme)),
        readings=readings,
        inputs=tuple(_with_cells(look, readings, cells_of(session, programme, school, year))),
        changes=_changes(look, table, verdict, parameters),
    )


def _look(
    programme: Programme,
    table: FactTable,
    year: int,
    school: School,
    parameters: Mapping[str, object] | None,
) -> Look:
    """The look at the school in its peer group, among the others where the rules compare."""
    rules = programme.identification
    known = next(iter(table.details([school.code])), None)
    tried = tried_parameters(rules, parameters or {})
    if known is not None:
        look = Look(rules=rules, school=known, year=year, weigh=weigh, parameters=tried)
        if is_judged(look):
            if hanging(rules).on_others:
                look = replace(look, cohort=BulkJudgement(rules, table, tried).bulk.cohort)
            return replace(look, group=peer_group(look)[0])
    raise NotReady(
        what=Sentence("The rules do not judge this school in {year}", {"year": str(year)}),
        cure=Sentence("Nothing is known of it in that year: import its results first."),
    )


def _verdict(look: Look, table: FactTable, parameters: Mapping[str, object] | None) -> Verdict:
    """A cap is the only thing that one look cannot tell."""
    if not any(one.cap for one in look.rules.categories.values()):
        return judged_alone(look)
    judgement = judge_in_bulk(look.rules, table, look.year, parameters, grounds=False)
    return next(one for one in judgement.verdicts if one.school == look.school.school)


def _categories(programme: Programme) -> list[str]:
    """The entry category first."""
    rules = programme.identification
    return [rules.entry, *(key for key in rules.categories if key != rules.entry)]


def _territory(session: Session, school: School) -> Words:
    name = session.get_one(Territory, school.territory_id).name
    return {"ru": name, "en": name}


def _changes(
    look: Look,
    table: FactTable,
    verdict: Verdict,
    parameters: Mapping[str, object] | None,
) -> tuple[Change, ...]:
    """Where schools are compared, each change is judged once more with all of them."""
    rules, year = look.rules, look.year
    on_others = hanging(rules).on_others
    judged = judges(rules, look.school, year, parameters, look.cohort if on_others else None)
    found = smallest_changes(rules, look.school, year, verdict.listed, judged)
    if not on_others:
        return found
    position = list(table.schools).index(verdict.school)
    checked = []
    for change in found[:_CHECKED_AGAIN]:
        version = change.cell.version(position, change.becomes)
        school = changed(look.school, change.cell, change.becomes)
        again = judge_among_all(rules, table, parameters, version, school)
        if again.listed is not verdict.listed:
            checked.append(change)
    return tuple(checked)


# --- words and cells ------------------------------------------------------------------------------


def value_words(programme: Programme) -> ValueWords:
    """What the region's own files call a value: their first word that is not ours."""
    found: dict[tuple[str, Scalar], str] = {}
    for profile in programme.profiles.profiles.values():
        for column in profile.columns:
            if column.fact is not None and isinstance(column.words, Mapping):
                for raw, value in column.words.items():
                    if raw != value:
                        found.setdefault((column.fact, value), raw)
    return found


def ground_words(programme: Programme) -> GroundWords:
    """The grounds of the programme's verdicts as sentences, in the region's own words."""
    return GroundWords(programme.identification, value_words(programme))


_Key = tuple[str, int | None, str]
"""Fact, year (None: of the registry), procedure."""


def cells_of(session: Session, programme: Programme, school: School, year: int) -> dict[_Key, Cell]:
    """The cell that each value of the school came from, up to the year."""
    rows = session.execute(
        sa_select(
            col(Fact.name),
            col(Fact.year),
            col(Fact.procedure),
            col(Fact.sheet),
            col(Fact.row),
            col(ImportRun.file),
            col(ImportRun.columns),
        )
        .join(ImportRun, col(ImportRun.id) == col(Fact.import_id))
        .where(col(Fact.school_id) == school.id)
        .order_by(col(Fact.year))
    ).all()
    found: dict[_Key, Cell] = {}
    declared = programme.identification.facts
    for name, of_year, procedure, sheet, row, file, kept in rows:
        headers = kept or {}
        column = headers.get(f"{procedure}/{name}", headers.get(f"/{name}"))
        cell = Cell(file, sheet, row, column)
        if name in declared and declared[name].per == "school":
            if of_year <= year or (name, None, "") not in found:
                found[name, None, ""] = cell
        else:
            found[name, of_year, procedure] = cell
    return found


def _with_cells(
    look: Look, readings: Sequence[Reading], found: Mapping[_Key, Cell]
) -> Iterator[tuple[Input, Cell | None]]:
    """All that was weighed, then what else the rules read of the same years: peer group, marks."""
    seen = dict.fromkeys(one for each in readings for one in each.finding.inputs)
    years = {None, look.year, *(one.year for one in seen)}
    for cell in cells(look.rules, look.school, look.year, hanging(look.rules).names):
        if cell.year in years:
            seen.setdefault(
                Input(
                    fact=cell.fact,
                    year=cell.year,
                    procedure=cell.procedure,
                    value=cell.value,
                    source=cell.source,
                )
            )
    for one in seen:
        yield one, found.get((one.fact, one.year, one.procedure or ""))
