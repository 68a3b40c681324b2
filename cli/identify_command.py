"""The command identify: the programme's rules over the imported facts give a list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from analysis.judging import empty_groups
from analysis.verdicts import Judgement
from casework.judgement.covering import gaps_left
from casework.judgement.explaining import explain_verdict, ground_words
from casework.judgement.identifying import (
    Identified,
    confirm_list,
    identify as judge_schools,
    verdict_row,
)
from casework.judgement.trying import Range, range_of, sweep, try_parameters
from cli.door import Door, WrongUsage, opened
from cli.explanation_data import explanation_data
from cli.explanation_screen import print_explanation
from cli.options import As, At, Json, ProgrammeOption, Year, command
from cli.programmes_named import group_words, programme_named
from cli.trial_screen import print_sweep, print_trial, sweep_data, sweep_picture, trial_data
from models.cycle import Listing
from opora.words import Sentence
from programmes.definition import Programme

Tried: TypeAlias = Mapping[str, str]
"""Parameters to try, as typed."""

_MOST_SHOWN = 100
_NEXT = "Next: opora cycle open --programme {key} --year {year}"
_GAPS = (
    "{count} open schools of the register have not been judged. Next: "
    "opora list gaps --programme {key} --year {year}"
)


Trying = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="NAME=VALUE",
        help="Try a parameter: who would enter, who would leave. Nothing is kept.",
    ),
]


@command("opora identify --programme yugra --year 2026 --what-if low_share=0.35")
def identify(
    programme: ProgrammeOption,
    year: Year,
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Answer for the list: a cycle can be opened on it.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="SCHOOL", help="Why this school is listed or not."),
    ] = None,
    what_if: Trying = None,
    swept: Annotated[
        str | None,
        typer.Option(
            "--sweep",
            metavar="NAME=FROM..TO[:STEP]",
            help="The list for each value. Nothing is kept.",
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw the sweep into this SVG file."),
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The same rules over the same facts give the same list. Each verdict keeps its grounds and
    where their values came from.

    --explain tells the rule in words, how far every value lies from its threshold, the smallest
    change of one fact that would turn the verdict, and the cell that each value stood in.

    --what-if may be given several times, also together with --explain or --sweep;
    NAME.GROUP=VALUE tries a parameter in one peer group.
    """
    tried = _tried(what_if or ())
    _refuse_mixtures(confirm=confirm, explain=explain, tried=tried, swept=swept, picture=picture)
    with opened(email, moment) as door:
        asked = Asked(programme_named(programme), programme, year, tried, as_json)
        if explain is not None:
            _explain(door, asked, explain.strip())
        elif swept is not None:
            _sweep(door, asked, swept, picture)
        elif tried:
            _try(door, asked)
        else:
            _judge(door, asked, confirm=confirm)


@dataclass(frozen=True, slots=True)
class Asked:
    """What every way of asking has in common; `named` is the programme as it was typed."""

    region: Programme
    named: str
    year: int
    tried: Tried
    as_json: bool


def _judge(door: Door, asked: Asked, *, confirm: bool) -> None:
    region = asked.region
    with door.deed(lambda _: region.zone) as (session, acting):
        found = judge_schools(session, region, asked.year, acting)
        if confirm:
            confirm_list(session, found.listing, acting)
        left = gaps_left(session, region, found.listing)
    if asked.as_json:
        door.out.json(_as_data(region, asked.year, found.judgement, found.listing))
    else:
        _print(door, region, found)
    for group in empty_groups(region.identification, found.judgement):
        empty = {"group": group_words(region, group)}
        door.out.tell(Sentence("Warning: no school of the year is in the group {group}", empty))
    if found.listing.confirmed_at is None:
        told = {"key": asked.named, "year": str(asked.year), "count": left}
        door.out.tell(Sentence(_GAPS if left else _NEXT, told))


def _explain(door: Door, asked: Asked, school: str) -> None:
    region = asked.region
    with door.look() as (session, acting):
        found = explain_verdict(session, region, asked.year, school, acting, asked.tried)
    if asked.as_json:
        door.out.json(explanation_data(door.out, region, found))
    else:
        print_explanation(door.out, region, found)
    _say_trial(door, is_trial=bool(asked.tried))


def _try(door: Door, asked: Asked) -> None:
    region = asked.region
    with door.look() as (session, acting):
        found = try_parameters(
            session, region, asked.year, asked.tried, acting, grounds=asked.as_json
        )
    if asked.as_json:
        door.out.json({**_as_data(region, asked.year, found.then), "trial": trial_data(found)})
    else:
        print_trial(door.out, region, found)
    _say_trial(door, is_trial=True)


def _sweep(door: Door, asked: Asked, swept: str, picture: Path | None) -> None:
    region = asked.region
    over = _range(region, swept)
    if picture is not None and picture.exists():
        cure = Sentence("There is such a file already: name another one.")
        raise WrongUsage(field="--picture", value=str(picture), cure=cure)
    total = sum(1 for _ in over.values())
    with (
        door.look() as (session, acting),
        door.out.progress(Sentence("Judging for each value"), total) as told,
    ):
        found = sweep(session, region, asked.year, over, acting, asked.tried, told=told)
    if picture is not None:
        _write(picture, sweep_picture(door.out, region, over, found))
    if asked.as_json:
        door.out.json(sweep_data(region, over, asked.year, found))
    else:
        print_sweep(door.out, region, over, found)
    _say_trial(door, is_trial=True)


def _say_trial(door: Door, *, is_trial: bool) -> None:
    if is_trial:
        door.out.tell(Sentence("A trial: nothing was kept."))


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        cure = Sentence(
            "The picture cannot be written there: {reason}.", {"reason": error.strerror}
        )
        raise WrongUsage(field="--picture", value=str(file), cure=cure) from error


def _refuse_mixtures(
    *, confirm: bool, explain: str | None, tried: Tried, swept: str | None, picture: Path | None
) -> None:
    """A trial is no list, and one look is taken at a time."""
    if confirm and (tried or swept or explain):
        cure = Sentence("Confirm the list by itself: a trial or a look cannot be confirmed.")
        raise WrongUsage(field="--confirm", value="✓", cure=cure)
    if explain is not None and swept is not None:
        cure = Sentence("Explain a school or sweep a parameter, one at a time.")
        raise WrongUsage(field="--sweep", value=swept, cure=cure)
    if picture is not None and swept is None:
        cure = Sentence("A picture is drawn of a sweep: give --sweep.")
        raise WrongUsage(field="--picture", value=str(picture), cure=cure)


def _tried(pairs: Sequence[str]) -> Tried:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not (name and equals and value):
            cure = Sentence("Write NAME=VALUE, like low_share=0.35.")
            raise WrongUsage(field="--what-if", value=pair, cure=cure)
        if name in found:
            cure = Sentence("Each parameter can be tried with one value at a time.")
            raise WrongUsage(field="--what-if", value=pair, cure=cure)
        found[name] = value
    return found


def _range(region: Programme, text: str) -> Range:
    name, _, values = text.partition("=")
    ends, _, step = values.partition(":")
    first, dots, last = ends.partition("..")
    numbers = [_decimal(one) for one in (first, last, *([step] if step else []))]
    if not (name.strip() and dots) or any(one is None for one in numbers):
        cure = Sentence(
            "Write NAME=FROM..TO or NAME=FROM..TO:STEP, like low_share=0.20..0.40:0.05."
        )
        raise WrongUsage(field="--sweep", value=text, cure=cure)
    low, high, *more = [one for one in numbers if one is not None]
    return range_of(region, name.strip(), low, high, more[0] if more else None)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip().replace(",", "."))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _as_data(
    programme: Programme, year: int, judgement: Judgement, listing: Listing | None = None
) -> dict[str, object]:
    """Without a listing it is a trial."""
    return {
        "programme": programme.key,
        "sha256": programme.sha256,
        "year": year,
        "judged": len(judgement.verdicts),
        "listed": sum(verdict.listed for verdict in judgement.verdicts),
        "listing": listing.id if listing else None,
        "version": listing.version if listing else None,
        "confirmed": bool(listing and listing.confirmed_at),
        "verdicts": [verdict_row(verdict) for verdict in judgement.verdicts],
        "territories": list(judgement.territories),
    }


def _print(door: Door, programme: Programme, found: Identified) -> None:

    out, verdicts = door.out, found.judgement.verdicts
    groups: dict[str | None, list[int]] = {}
    for verdict in verdicts:
        counts = groups.setdefault(verdict.peer_group, [0, 0, 0])
        counts[0] += 1
        counts[1] += verdict.listed
        counts[2] += verdict.not_rated is not None
    out.table(
        [Sentence("Peer group"), Sentence("Judged"), Sentence("Listed"), Sentence("Not rated")],
        [(group_words(programme, group), *counts) for group, counts in groups.items()],
    )
    words = ground_words(programme)
    listed = [verdict for verdict in verdicts if verdict.listed]
    out.table(
        [Sentence("School"), Sentence("Categories"), Sentence("Grounds")],
        [
            (
                verdict.school,
                [programme.words(f"category.{key}") for key in verdict.categories],
                [
                    words.said(rule, verdict.peer_group)
                    for rule in _once(one.ground.rule for one in verdict.grounds)
                ],
            )
            for verdict in listed[:_MOST_SHOWN]
        ],
    )
    if len(listed) > _MOST_SHOWN:
        out.tell(Sentence("… and {more} more", {"more": len(listed) - _MOST_SHOWN}))


def _once(rules: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(rules)
