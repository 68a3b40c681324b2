"""The command identify: the programme's rules over the imported facts give a list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import typer

from casework.identifying import Identified, confirm_list, identify as judge_schools, verdict_row
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, Json, ProgrammeOption, Year, command
from cli.programmes_named import group_words, programme_named
from opora.words import Sentence
from programmes.definition import Programme

_MOST_SHOWN = 100


@command("opora identify --programme yugra --year 2026 --set low_share=0.35")
def identify(
    programme: ProgrammeOption,
    year: Year,
    *,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Answer for the list: a cycle can be opened on it.")
    ] = False,
    trial: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Try a parameter; nothing is kept."),
    ] = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The same rules over the same facts give the same list. Each verdict keeps its grounds and
    where their values came from. NAME.GROUP=VALUE tries a parameter in one peer group.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        tried = _tried(trial or (), is_confirmed=confirm)
        with door.deed(lambda _: region.zone) as (session, acting):
            found = judge_schools(session, region, year, acting, tried or None)
            if confirm:
                confirm_list(session, found.listing, acting)
        if as_json:
            door.out.json(_as_data(region, found))
        else:
            _print(door, region, found)
        if tried:
            door.out.tell(Sentence("A trial: nothing was kept."))
        elif found.listing.confirmed_at is None:
            told = {"key": programme, "year": str(year)}
            door.out.tell(Sentence("Next: opora cycle open --programme {key} --year {year}", told))


def _tried(pairs: Sequence[str], *, is_confirmed: bool) -> Mapping[str, str]:

    if pairs and is_confirmed:
        cure = Sentence("A trial cannot be confirmed: leave --confirm or --set out.")
        raise WrongUsage(field="--set", value=pairs[0], cure=cure)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name.strip() and equals and value.strip()):
            cure = Sentence("Write NAME=VALUE, like low_share=0.35.")
            raise WrongUsage(field="--set", value=pair, cure=cure)
    split = (pair.partition("=") for pair in pairs)
    return {name.strip(): value.strip() for name, _, value in split}


def _as_data(programme: Programme, found: Identified) -> dict[str, object]:

    listing, judgement = found.listing, found.judgement
    return {
        "programme": programme.key,
        "sha256": programme.sha256,
        "year": listing.year,
        "judged": len(judgement.verdicts),
        "listed": sum(verdict.listed for verdict in judgement.verdicts),
        "listing": listing.id,
        "version": listing.version if listing.id is not None else None,
        "confirmed": listing.confirmed_at is not None,
        "verdicts": [verdict_row(verdict) for verdict in judgement.verdicts],
        "territories": [
            {
                "territory": one.territory,
                "listed": one.listed,
                "inside": one.inside,
                "counted": one.counted,
            }
            for one in judgement.territories
        ],
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
    listed = [verdict for verdict in verdicts if verdict.listed]
    out.table(
        [Sentence("School"), Sentence("Categories"), Sentence("Grounds")],
        [
            (
                verdict.school,
                [programme.words(f"category.{key}") for key in verdict.categories],
                list(_grounds(one.ground.rule for one in verdict.grounds)),
            )
            for verdict in listed[:_MOST_SHOWN]
        ],
    )
    if len(listed) > _MOST_SHOWN:
        out.tell(Sentence("… and {more} more", {"more": len(listed) - _MOST_SHOWN}))


def _grounds(rules: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(rules)
