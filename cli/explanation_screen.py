"""A verdict explained: the rule, each comparison with its distance, what would turn it, every cell."""

from collections.abc import Sequence
from decimal import Decimal

from analysis.explaining import Distance, Reading
from analysis.findings import Input
from analysis.flipping import Change
from analysis.phrasing import Speaker, is_share, percent, rounded
from analysis.weighing import Standing
from casework.judgement.explaining import Cell, Explained
from cli.printing import Cell as Shown, Printer
from cli.programmes_named import group_words
from opora.words import Sentence
from programmes.definition import Programme

_MOST_CHANGES = 7
_SIGNS = {"below": "<", "at_most": "≤", "above": ">", "at_least": "≥", "is": "=", "is_not": "≠"}


def print_explanation(out: Printer, programme: Programme, found: Explained) -> None:
    """First the answer, then why, then what would turn it, at last where everything came from."""
    title = Sentence(
        "{name} ({school}), {territory}, {year}",
        {
            "name": found.name,
            "school": found.school,
            "territory": found.territory,
            "year": str(found.year),
        },
    )
    out.paragraph(title)
    out.paragraph(_answer(programme, found))
    if found.verdict.peer_group is not None:
        group = group_words(programme, found.verdict.peer_group)
        out.paragraph(Sentence("Judged in the peer group: {group}.", {"group": group}))
    for each in found.readings:
        _print_reading(out, programme, found.speaker, each)
    _print_changes(out, programme, found)
    _print_cells(out, programme, found)


def _print_cells(out: Printer, programme: Programme, found: Explained) -> None:
    """One row for each row of a file: what stood there, and in which columns."""
    rows: dict[tuple[object, ...], list[tuple[Input, Cell | None]]] = {}
    for one, cell in found.inputs:
        if one.fact in programme.identification.facts:
            origin = (cell.file, cell.sheet, cell.row) if cell else (one.source,)
            rows.setdefault((one.year, one.procedure, *origin), []).append((one, cell))
    out.table(
        [Sentence("About"), Sentence("What stood there"), Sentence("Where it stood")],
        [
            (
                _about(found.speaker, stood[0][0]),
                [_stood(programme, found.speaker, one) for one, _ in stood],
                _origin(stood),
            )
            for stood in rows.values()
        ],
        title=Sentence("What was looked at"),
    )


def _about(speaker: Speaker, one: Input) -> Shown:
    """The procedure and year that a row is about."""
    return _place(speaker, one)[1:] or Sentence("the school itself")


def _stood(programme: Programme, speaker: Speaker, one: Input) -> Sentence:
    fields = {"fact": speaker.words(one.fact), "value": _seen(programme, speaker, one)}
    return Sentence("{fact}: {value}", fields)


def _answer(programme: Programme, found: Explained) -> Sentence:
    verdict = found.verdict
    if verdict.listed:
        categories = tuple(programme.words(f"category.{key}") for key in verdict.categories)
        return Sentence("On the list: {categories}.", {"categories": categories})
    off = [one.reason for one in verdict.kept_off]
    reasons = tuple(reason_words(programme, one) for one in (*(verdict.not_rated or ()), *off))
    if verdict.not_rated is not None:
        return Sentence("Not on the list, not rated: {reasons}.", {"reasons": reasons})
    if off:
        return Sentence("Not on the list though the rule holds: {reasons}.", {"reasons": reasons})
    return Sentence("Not on the list.")


def reason_words(programme: Programme, reason: str) -> object:
    """What people call the reason why there is no value or no verdict."""
    return programme.labels.get(f"reason.{reason}") or reason


def _print_reading(out: Printer, programme: Programme, speaker: Speaker, each: Reading) -> None:
    out.lines("\n")
    out.paragraph(speaker.category(each.category))
    names = list(dict.fromkeys(one.seen.fact for one in each.distances))
    for name in names:
        if name in programme.identification.measures:
            out.paragraph(Sentence("{what}.", {"what": speaker.measure(name)}))
    out.paragraph(_outcome(programme, each))
    for one in each.standings:
        out.paragraph(_standing(speaker, one))
    if not each.distances:
        return
    is_one = len(names) == 1 and all(len(_place(speaker, one.seen)) > 1 for one in each.distances)
    out.table(
        [
            speaker.words(names[0]) if is_one else Sentence("Compared"),
            Sentence("Value"),
            Sentence("Limit"),
            Sentence("Distance"),
            Sentence("Holds"),
        ],
        [
            (
                _place(speaker, one.seen)[1 if is_one else 0 :],
                _seen(programme, speaker, one.seen, one),
                _limit(speaker, one),
                _distance(speaker, one),
                bool(one.holds),
            )
            for one in sorted(each.distances, key=_nearest)
        ],
    )


def _standing(speaker: Speaker, one: Standing) -> Sentence:
    """The place, the last place that counts, and how many places lie between."""
    fields = {
        "fact": speaker.words(one.fact),
        "year": str(one.year),
        "own": f"{one.own:g}",
        "ranked": one.ranked,
        "limit": one.limit,
        "away": f"{abs(one.own - one.limit):g}",
    }
    return Sentence(
        "By “{fact}”, {year}: place {own} of {ranked}; places up to {limit} count, "
        "the distance is {away}.",
        fields,
    )


def _outcome(programme: Programme, each: Reading) -> Sentence:
    if each.finding.holds is None:
        reasons = tuple(reason_words(programme, one) for one in sorted(each.finding.reasons))
        return Sentence("Whether this holds is not known: {reasons}.", {"reasons": reasons})
    return Sentence("This holds here.") if each.finding.holds else Sentence("This does not hold.")


def _nearest(one: Distance) -> tuple[bool, int, bool, Decimal]:
    """The newest year first, in it the nearest threshold."""
    away = Decimal(0) if one.away is None else abs(one.away)
    return one.seen.year is None, -(one.seen.year or 0), one.away is None, away


def _place(speaker: Speaker, one: Input) -> list[Shown]:
    said: list[Shown] = [speaker.words(one.fact)]
    if one.procedure is not None:
        procedure = speaker.rules.procedures.get(one.procedure)
        said.append(procedure.words if procedure else one.procedure)
    return [*said, str(one.year)] if one.year is not None else said


def _seen(
    programme: Programme, speaker: Speaker, one: Input, beside: Distance | None = None
) -> Sentence:
    if one.value is None:
        return Sentence("{value}", {"value": reason_words(programme, one.reason or "")})
    limit = beside.limit if beside is not None else None
    return Sentence("{value}", {"value": _number(speaker, one.fact, one.value, limit)})


def _number(speaker: Speaker, name: str, value: object, beside: object = None) -> object:
    """A share shows so many decimals that it never looks equal to a limit that it is not."""
    if isinstance(value, int | Decimal) and is_share(speaker.rules, name):
        return percent(Decimal(value), Decimal(beside) if isinstance(beside, Decimal) else None)
    if isinstance(value, Decimal):
        return rounded(value, 4)
    return speaker.value(name, value)


def _limit(speaker: Speaker, one: Distance) -> Shown:
    values = speaker.value(one.seen.fact, one.limit)
    sign = _SIGNS.get(one.comparison, "")
    return Sentence("{sign} {limit}", {"sign": sign, "limit": values})


def _distance(speaker: Speaker, one: Distance) -> Shown:
    if one.away is None:
        return None
    size = abs(one.away)
    if is_share(speaker.rules, one.seen.fact):
        points = rounded(size * 100, 1) or rounded(size * 100, 4)
        said: Sentence = Sentence("{points} percentage points", {"points": points})
    else:
        said = Sentence("{value}", {"value": rounded(size, 4)})
    if one.pupils is None:
        return said
    pupils = Sentence("{count} pupils of {whole}", {"count": abs(one.pupils), "whole": one.of})
    return [said, pupils]


# --- what would turn it ---------------------------------------------------------------------------


def _print_changes(out: Printer, programme: Programme, found: Explained) -> None:
    for one in found.hangs_on_one[:1]:
        out.paragraph(_warning(found, one))
    if not found.changes:
        out.paragraph(Sentence("No change of a single fact of this school turns the verdict."))
        return
    out.table(
        [Sentence("Changed alone"), Sentence("Is now"), Sentence("Would be"), Sentence("Then")],
        [
            (
                _place(found.speaker, _input(one)),
                Sentence(
                    "{value}", {"value": _number(found.speaker, one.cell.fact, one.cell.value)}
                ),
                Sentence("{value}", {"value": _number(found.speaker, one.cell.fact, one.becomes)}),
                _then(programme, one),
            )
            for one in found.changes[:_MOST_CHANGES]
        ],
        title=Sentence("What would turn the verdict, the smallest change first"),
    )
    if (more := len(found.changes) - _MOST_CHANGES) > 0:
        out.paragraph(Sentence("… and {more} more", {"more": more}))


def _warning(found: Explained, change: Change) -> Sentence:
    """Names of how many the one pupil is."""
    whole = next(
        (
            one.of
            for each in found.readings
            for one in each.distances
            if (one.seen.year, one.seen.procedure) == (change.cell.year, change.cell.procedure)
            and one.of is not None
        ),
        None,
    )
    fields = {"what": found.speaker.words(change.cell.fact), "year": str(change.cell.year)}
    if whole is None:
        return Sentence("The verdict hangs on 1 pupil: “{what}”, {year}.", fields)
    return Sentence(
        "The verdict hangs on 1 pupil of {whole}: “{what}”, {year}.", {**fields, "whole": whole}
    )


def _input(change: Change) -> Input:
    cell = change.cell
    return Input(fact=cell.fact, year=cell.year, procedure=cell.procedure, value=cell.value)


def _then(programme: Programme, change: Change) -> Sentence:
    if change.listed:
        return Sentence("on the list")
    if change.not_rated is not None:
        reasons = tuple(reason_words(programme, one) for one in change.not_rated)
        return Sentence("not rated: {reasons}", {"reasons": reasons})
    return Sentence("not on the list")


def _origin(stood: Sequence[tuple[Input, Cell | None]]) -> Shown:
    """File, sheet, row and columns."""
    first = stood[0][1]
    if first is None:
        return stood[0][0].source
    said: list[Shown] = [first.file]
    if first.sheet:
        said.append(Sentence("sheet {sheet}", {"sheet": first.sheet}))
    said.append(Sentence("row {row}", {"row": first.row}))
    if columns := tuple(cell.column for _, cell in stood if cell is not None and cell.column):
        said.append(Sentence("columns: {columns}", {"columns": columns}))
    return said
