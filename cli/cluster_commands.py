"""The commands cluster propose and cluster assign: rule table, proposals by data, an expert's word."""

from dataclasses import asdict
from typing import Annotated

import typer

from analysis.clustering import Grouping
from casework.access import case_for
from casework.cases.clustering import (
    ClusterWord,
    Placed,
    ProposedClusters,
    assign_all,
    assign_cluster,
    propose_clusters,
)
from casework.cases.reading import cycle_of, zone_of_case
from casework.cycles.versions import programme_of
from casework.judgement.identifying import ground_row
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, Basis, Json, ProgrammeOption, SomeProgramme, SomeYear, Year, command
from cli.pair_words import NO_GROUPS, cluster_label, decimal_words, difference_words
from cli.programmes_named import key_of, programme_named
from opora.words import Sentence
from programmes.definition import Programme


@command("opora cluster propose --programme yugra --year 2026")
def propose(
    *,
    programme: ProgrammeOption,
    year: Year,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The first row of the rule table that holds takes a school; beside it groups of schools with like
    risk profiles, each told by what sets it apart. Shown are the cases of the year's cycle, or before
    it is open the schools of the newest list. Nothing is kept.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            found = propose_clusters(session, region, year, acting)
        if as_json:
            door.out.json(_as_data(found))
            return
        _print(door, found)


def _as_data(found: ProposedClusters) -> dict[str, object]:

    return {
        "programme": found.programme.key,
        "sha256": found.programme.sha256,
        "year": found.year,
        "schools": [_school(one) for one in found.schools],
        "groups": [asdict(group) for group in found.grouping.groups],
        "silhouettes": found.grouping.silhouettes,
        "no_groups": found.grouping.reason,
        "unplaced": found.grouping.unplaced,
        "filled": found.grouping.filled,
        "left_out": found.grouping.left_out,
        "others": found.others,
    }


def _school(one: Placed) -> dict[str, object]:

    return {
        "school": one.school,
        "name": one.name,
        "case": one.case,
        "rule": one.verdict.cluster,
        "grounds": [ground_row(ground) for ground in one.verdict.grounds],
        "reasons": one.verdict.reasons,
        "group": one.group.key if one.group else None,
        "proposed": one.proposed,
        "decided": one.decided,
        "whose": one.whose,
    }


def _print(door: Door, found: ProposedClusters) -> None:

    programme = found.programme
    door.out.table(
        [
            Sentence("School"),
            Sentence("Name"),
            Sentence("Case"),
            Sentence("By the rule table"),
            Sentence("Why not"),
            Sentence("Group"),
            Sentence("Decided"),
        ],
        [
            (
                one.school,
                one.name,
                one.case,
                cluster_label(programme, one.verdict.cluster),
                [programme.labels.get(f"reason.{why}", why) for why in one.verdict.reasons],
                cluster_label(programme, one.group.key) if one.group else None,
                cluster_label(programme, one.decided),
            )
            for one in found.schools
        ],
    )
    counts = {rule.key: 0 for rule in programme.clusters.rules}
    for one in found.schools:
        if one.verdict.cluster is not None:
            counts[one.verdict.cluster] += 1
    door.out.table(
        [
            Sentence("Key"),
            Sentence("Cluster"),
            Sentence("Supported"),
            Sentence("Others"),
            Sentence("Advice"),
        ],
        [
            (rule.key, rule.words, counts[rule.key], found.others.get(rule.key, 0), rule.advice)
            for rule in programme.clusters.rules
        ],
    )
    _print_groups(door, programme, found.grouping)


def _print_groups(door: Door, programme: Programme, grouping: Grouping) -> None:

    if grouping.reason is not None:
        why = {"why": NO_GROUPS[grouping.reason]}
        door.out.tell(Sentence("No groups are proposed: {why}.", why))
    if not grouping.groups:
        return
    door.out.table(
        [Sentence("Key"), Sentence("Group"), Sentence("Schools"), Sentence("What sets it apart")],
        [
            (
                one.key,
                cluster_label(programme, one.key),
                len(one.schools),
                [difference_words(programme, d) for d in one.apart],
            )
            for one in grouping.groups
        ],
    )
    best = max((grouping.silhouettes or {}).values())
    told = {"count": len(grouping.groups), "silhouette": decimal_words(best, 3)}
    door.out.tell(Sentence("{count} groups set the profiles apart best: {silhouette}.", told))
    if grouping.unplaced:
        unplaced = {"schools": tuple(grouping.unplaced)}
        door.out.tell(Sentence("Too little is known of {schools}: they are in no group.", unplaced))
    if grouping.filled:
        filled = {"count": grouping.filled}
        door.out.tell(Sentence("{count} unknown values were taken as the mean.", filled))


@command(
    "opora cluster assign 17 --cluster double --reason 'visit of 3 March' --basis 'minutes No. 3'"
)
def assign(
    case: Annotated[
        int | None, typer.Argument(metavar="CASE", min=1, max=2**31 - 1, help="Number of the case.")
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Every case of a cycle that has no cluster yet.")
    ] = False,
    programme: SomeProgramme = None,
    year: SomeYear = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="KEY", help="An expert's word, instead of the proposed."),
    ] = None,
    basis: Basis = "",
    reason: Annotated[
        str, typer.Option("--reason", help="Why it is another one than proposed.")
    ] = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Without --cluster the rule table's verdict is taken, and where it has none the proposed group.
    Verdict, proposal and decision are all kept. The move `cluster` needs this decision.
    """
    if (case is None) is not every:
        cure = Sentence("Give one case, or --all with --programme and --year.")
        raise WrongUsage(field="CASE", value=case or "", cure=cure)
    with opened(email, moment) as door:
        if case is None:
            _assign_all(door, (programme, year), basis, as_json=as_json)
            return
        word = ClusterWord(basis=basis, cluster=cluster, reason=reason)
        with door.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            done = assign_cluster(session, case, word, acting)
            pinned = programme_of(session, case_for(session, acting, case).cycle)
            called = cluster_label(pinned, done.cluster)
        if as_json:
            door.out.json(done)
        told = {"case": case, "value": called}
        door.out.tell(Sentence("Recorded for case {case}: {value}", told))


def _assign_all(
    door: Door, named: tuple[str | None, int | None], basis: str, *, as_json: bool
) -> None:

    programme, year = named
    if programme is None or year is None:
        cure = Sentence("Give one case, or --all with --programme and --year.")
        raise WrongUsage(field="--all", value=programme or year or "", cure=cure)
    with door.deed() as (session, acting):
        cycle = cycle_of(session, key_of(programme), year)
        pinned = programme_of(session, cycle)
        done = assign_all(session, cycle, acting, basis=basis)
    if as_json:
        door.out.json(done)
    told = {
        "assigned": len(done.assigned),
        "standing": done.standing,
        "undecided": len(done.undecided),
    }
    door.out.tell(
        Sentence("Assigned {assigned}, decided before {standing}, undecided {undecided}.", told)
    )
    for school, why in done.undecided.items():
        words = tuple(pinned.labels.get(f"reason.{one}", one) for one in why)
        said = {"school": school, "why": words}
        door.out.tell(
            Sentence("{school}: nothing is proposed ({why}); use --cluster", said)
            if words
            else Sentence("{school}: no row of the rule table holds; use --cluster", said)
        )
