"""What other parameters would change, and what each value of one would give: tables, bars, a picture."""

from collections.abc import Sequence

from analysis.trying import Count, Overlap
from analysis.verdicts import Verdict
from casework.judgement.trying import Range, Swept, Trial
from cli.printing import Cell, Printer
from cli.programmes_named import group_words
from opora.words import Sentence, Words
from programmes.definition import Programme

_MOST_SHOWN = 100
_MOST_NAMED = 10
_BAR = 10  # characters of the longest bar


def print_trial(out: Printer, programme: Programme, found: Trial) -> None:
    """The sum first, then by peer group and municipality, earlier lists, at last the schools."""
    fields = {
        "now": sum(one.listed for one in found.now.verdicts),
        "then": sum(one.listed for one in found.then.verdicts),
        "entering": len(found.moves.entering),
        "leaving": len(found.moves.leaving),
    }
    text = "Listed: {then} instead of {now}; {entering} would enter, {leaving} would leave."
    out.paragraph(Sentence(text, fields))
    groups = [(group_words(programme, key), one) for key, one in found.by_peer_group.items()]
    _print_counts(out, Sentence("Peer group"), groups)
    territories = [
        (found.territories.get(key or "", key), one) for key, one in found.by_territory.items()
    ]
    _print_counts(out, Sentence("Municipality"), territories)
    if found.before:
        _print_before(out, found)
    _print_moves(out, programme, found)
    out.paragraph(_single_pupils(found))


def _print_counts(out: Printer, what: Sentence, counts: Sequence[tuple[Cell, Count]]) -> None:
    """Where nobody comes or goes is left to the sum."""
    moved = [(name, one) for name, one in counts if one.entering or one.leaving]
    if moved:
        out.table(
            [what, Sentence("Is now"), Sentence("Then"), Sentence("Enter"), Sentence("Leave")],
            [(name, one.now, one.then, one.entering, one.leaving) for name, one in moved],
        )


def _print_before(out: Printer, found: Trial) -> None:
    judged = Sentence("by the same rules")
    out.table(
        [
            Sentence("Year"),
            Sentence("List"),
            Sentence("Schools"),
            Sentence("Of them now"),
            Sentence("Of them then"),
        ],
        [
            (
                str(one.year),
                judged
                if one.version is None
                else Sentence("version {version}", {"version": one.version}),
                one.listed,
                one.now.both,
                one.then.both,
            )
            for one in found.before
        ],
        title=Sentence("The lists of the years before"),
    )


def _print_moves(out: Printer, programme: Programme, found: Trial) -> None:
    moves = [
        (Sentence("Would enter"), found.moves.entering),
        (Sentence("Would leave"), found.moves.leaving),
    ]
    for title, verdicts in moves:
        if verdicts:
            out.table(
                [
                    Sentence("School"),
                    Sentence("Name"),
                    Sentence("Municipality"),
                    Sentence("Peer group"),
                ],
                [_row(programme, found, one) for one in verdicts[:_MOST_SHOWN]],
                title=title,
            )
        if (more := len(verdicts) - _MOST_SHOWN) > 0:
            out.tell(Sentence("… and {more} more", {"more": more}))


def _row(programme: Programme, found: Trial, one: Verdict) -> tuple[Cell, ...]:
    return (
        one.school,
        found.names.get(one.school),
        found.territories.get(one.territory, one.territory),
        group_words(programme, one.peer_group),
    )


def _single_pupils(found: Trial) -> Sentence:
    schools = found.on_one_pupil
    if schools is None:
        return Sentence(
            "How many verdicts hang on one pupil is not counted: the rule compares too many schools."
        )
    if not schools:
        return Sentence("No verdict would hang on one pupil.")
    named: tuple[object, ...] = schools[:_MOST_NAMED]
    if len(schools) > _MOST_NAMED:
        named = (*named, "…")
    fields = {"count": len(schools), "schools": named}
    return Sentence("{count} verdicts would hang on one pupil: {schools}.", fields)


def trial_data(found: Trial) -> dict[str, object]:
    """What the trial would change, as JSON."""
    return {
        "parameters": {key: str(value) for key, value in found.parameters.items()},
        "listed_now": sum(one.listed for one in found.now.verdicts),
        "listed_then": sum(one.listed for one in found.then.verdicts),
        "entering": [_moved(one) for one in found.moves.entering],
        "leaving": [_moved(one) for one in found.moves.leaving],
        "by_peer_group": {key or "": one for key, one in found.by_peer_group.items()},
        "by_territory": {key or "": one for key, one in found.by_territory.items()},
        "lists_before": [
            {
                "year": one.year,
                "version": one.version,
                "listed": one.listed,
                "now": _overlap(one.now),
                "then": _overlap(one.then),
            }
            for one in found.before
        ],
        "on_one_pupil": None if found.on_one_pupil is None else list(found.on_one_pupil),
    }


def _moved(one: Verdict) -> dict[str, object]:
    return {"school": one.school, "territory": one.territory, "peer_group": one.peer_group}


def _overlap(one: Overlap) -> dict[str, int]:
    return {"both": one.both, "only_this": one.only_here, "only_that_year": one.only_there}


# --- a sweep --------------------------------------------------------------------------------------


def print_sweep(out: Printer, programme: Programme, over: Range, found: Sequence[Swept]) -> None:
    """A row and a bar for each value; the peer groups are numbered, their names stand below."""
    groups = _groups(found)
    most = max([1, *(one.listed for one in found)])
    numbered = [{"ru": str(n), "en": str(n)} for n, _ in enumerate(groups, 1)]
    shown = numbered if len(groups) > 1 else []
    out.table(
        [
            Sentence("Value"),
            Sentence("Listed"),
            Sentence("How many"),
            *shown,
            Sentence("Enter"),
            Sentence("Leave"),
            Sentence("Declared"),
        ],
        [
            (
                _value(one),
                one.listed,
                "█" * -(-one.listed * _BAR // most),
                *(one.by_peer_group.get(key, 0) for key in groups[: len(shown)]),
                len(one.entering),
                len(one.leaving),
                one.is_declared,
            )
            for one in found
        ],
        title=_title(programme, over),
    )
    if shown:
        names = tuple(
            Sentence("{number} {group}", {"number": n, "group": group_words(programme, key)})
            for n, key in enumerate(groups, 1)
        )
        out.paragraph(Sentence("Peer groups: {groups}.", {"groups": names}))


def _value(one: Swept) -> Sentence:
    """A number as the reader's language writes it."""
    return Sentence("{value}", {"value": one.value})


def sweep_picture(out: Printer, programme: Programme, over: Range, found: Sequence[Swept]) -> str:
    """An SVG: all schools of the list, and each peer group, over the values."""
    from templates.pictures import steps_picture  # its library costs a third of a second

    groups = _groups(found)
    series: dict[str, list[int | None]] = {
        out.text(Sentence("all schools")): [one.listed for one in found]
    }
    if len(groups) > 1:
        for key in groups:
            name = out.text(group_words(programme, key))
            series[name] = [one.by_peer_group.get(key, 0) for one in found]
    return steps_picture(
        out.text(_title(programme, over)),
        [out.text(_value(one)) for one in found],
        series,
        across=out.text(_words(programme, over)),
        upward=out.text(Sentence("Listed")),
    )


def sweep_data(programme: Programme, over: Range, year: int, found: Sequence[Swept]) -> object:
    """The same as one JSON value."""
    return {
        "programme": programme.key,
        "year": year,
        "parameter": over.key,
        "values": [
            {
                "value": str(one.value),
                "declared": one.is_declared,
                "listed": one.listed,
                "by_peer_group": {key or "": n for key, n in one.by_peer_group.items()},
                "entering": list(one.entering),
                "leaving": list(one.leaving),
            }
            for one in found
        ],
    }


def _groups(found: Sequence[Swept]) -> list[str | None]:
    return list(dict.fromkeys(key for one in found for key in one.by_peer_group))


def _words(programme: Programme, over: Range) -> Words:
    return programme.words(f"parameter.{over.key.partition('.')[0]}")


def _title(programme: Programme, over: Range) -> Sentence:
    return Sentence("How many schools are listed: {what}", {"what": _words(programme, over)})
