"""Commands about a school's plan. Its measures are records: opora record add."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from casework.cases.reading import zone_of_case
from casework.plans.plan_renewing import renew_plan
from casework.plans.plan_views import STATES, PlanView, plan_view
from casework.plans.school_plan import approve_plan, in_hand, review_plan, submit_plan
from cli.door import Door, WrongUsage, opened
from cli.options import As, At, CaseId, Json, command
from cli.refusals import FOUND
from opora.words import Sentence
from programmes.definition import Programme
from templates.reports import text_of


@command("opora plan show 17")
def show(case: CaseId, *, as_json: Json = False, email: As = None) -> None:
    """Measures by section with their tasks, what is missing, whose word it waits for, the reviews."""
    with opened(email) as door, door.look() as (session, acting):
        seen = plan_view(session, acting, case)
        programme = in_hand(session, acting, case).held.programme
        if as_json:
            missing = [door.out.text(one) for one in seen.missing]
            shares = {"share_done": seen.share_done, "share_in_time": seen.share_in_time}
            door.out.json({**asdict(seen), **shares, "missing": missing})
        else:
            _print(door, programme, seen)


@command("opora plan check 17")
def check(case: CaseId, *, as_json: Json = False, email: As = None) -> None:
    """Everything that the plan lacks before it can be handed in. Exit status 3 when something is."""
    with opened(email) as door:
        with door.look() as (session, acting):
            seen = plan_view(session, acting, case)
        if as_json:
            door.out.json({"case": case, "missing": [door.out.text(one) for one in seen.missing]})
        door.out.tell_each(seen.missing)
        if seen.missing:
            raise typer.Exit(FOUND)
        door.out.tell(Sentence("Nothing is missing."))


@command("opora plan renew 17 --undone --dry-run")
def renew(
    case: CaseId,
    *,
    undone: Annotated[
        bool, typer.Option("--undone", help="Only what was not done in that year.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be written.")
    ] = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The measures of the school's plan of an earlier year become measures of this one, their days
    moved by whole years: a correction begins with what stands. What is there already is left alone.
    """
    with opened(email, moment) as door:
        with door.deed(lambda session: zone_of_case(session, case), dry_run=dry_run) as (
            session,
            acting,
        ):
            found = renew_plan(session, case, acting, undone=undone)
        if as_json:
            door.out.json({"case": case, "dry_run": dry_run, "measures": found})
            return
        columns = [Sentence("Record"), Sentence("Measure"), Sentence("Was due"), Sentence("Due")]
        door.out.table(columns, [(one.was, one.title, one.was_day, one.day) for one in found])
        door.out.tell(Sentence("Measures taken over: {count}", {"count": len(found)}))


@command("opora plan submit 17")
def submit(case: CaseId, *, as_json: Json = False, email: As = None, moment: At = None) -> None:
    """A new version of the plan, for its reviewers from the first on; earlier versions are kept."""
    with opened(email, moment) as door:
        with door.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            plan = submit_plan(session, case, acting)
            told = {"version": plan.version}
        _answer(door, case, told, as_json=as_json)
        door.out.tell(Sentence("The plan is handed in, version {version}.", told))


@command("opora plan review 17 --return --remarks 'dates are missing'")
def review(
    case: CaseId,
    *,
    endorse: Annotated[bool, typer.Option("--endorse", help="It is good.")] = False,
    give_back: Annotated[bool, typer.Option("--return", help="Work on it again.")] = False,
    remarks: Annotated[str, typer.Option("--remarks", help="What to do again.")] = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The word of whoever the plan waits for; never of whoever handed it in."""
    if endorse is give_back:
        cure = Sentence("Give --endorse or --return.")
        raise WrongUsage(field="--endorse", value="", cure=cure)
    with opened(email, moment) as door:
        with door.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            plan = review_plan(session, case, acting, is_endorsed=endorse, remarks=remarks)
            told = {"version": plan.version, "state": plan.state.value}
        _answer(door, case, told, as_json=as_json)
        door.out.tell(Sentence("It is kept."))


@command("opora plan approve 17 --basis 'order No. 40'")
def approve(
    case: CaseId,
    *,
    basis: Annotated[str, typer.Option("--basis", metavar="ACT", help="The act.")],
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Its measures stand from now on and are dated tasks of whoever is to carry them out."""
    with opened(email, moment) as door:
        with door.deed(lambda session: zone_of_case(session, case)) as (session, acting):
            plan = approve_plan(session, case, acting, basis=basis)
            told = {"version": plan.version, "state": plan.state.value}
        _answer(door, case, told, as_json=as_json)
        door.out.tell(Sentence("The plan is approved."))


def _answer(door: Door, case: int, told: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        door.out.json({"case": case, **told})


def _print(door: Door, programme: Programme, seen: PlanView) -> None:
    out = door.out
    out.pairs(
        [
            (Sentence("State"), STATES[seen.state]),
            (Sentence("Version"), seen.version or None),
            (Sentence("Waits for"), programme.words(seen.waits_for) if seen.waits_for else None),
            (Sentence("Done"), text_of(seen.share_done, out.language)),
            (Sentence("Done in time"), text_of(seen.share_in_time, out.language)),
        ]
    )
    out.table(
        [
            Sentence("Record"),
            Sentence("Section"),
            Sentence("Measure"),
            Sentence("Due"),
            Sentence("Task"),
        ],
        [
            (
                one.record.id,
                programme.labels.get(f"section.{one.section}", one.section),
                one.record.title,
                one.due_on or one.record.day,
                one.task,
            )
            for one in seen.measures
        ],
    )
    if seen.missing:
        out.tell(Sentence("Still missing:"))
        out.tell_each(seen.missing)
    if seen.reviews:
        out.table(
            [
                Sentence("Version"),
                Sentence("Role"),
                Sentence("By"),
                Sentence("Endorsed"),
                Sentence("Remarks"),
            ],
            [
                (one.version, programme.words(one.role), one.by, one.is_endorsed, one.remarks)
                for one in seen.reviews
            ],
        )
