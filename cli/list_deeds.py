"""Commands by which people change a list: overrides, objections and their decisions, designation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from casework.lists.designating import Choice, designate as designate_schools
from casework.lists.list_views import objections as objections_of
from casework.lists.listing import listing_of
from casework.lists.objecting import Resolution, decide_objection, object_to_list
from casework.lists.overriding import Overridden, Ruling, override_verdict
from casework.lists.overriding_files import FileReport, override_by_file
from cli.door import Door, WrongUsage, opened
from cli.list_commands import Version
from cli.options import As, At, Basis, DryRun, Json, ProgrammeOption, Reason, Year, command
from cli.programmes_named import programme_named
from cli.refusals import FOUND, tell_rejected
from opora.words import Sentence
from programmes.definition import Programme

SchoolCode = Annotated[str, typer.Argument(metavar="SCHOOL", help="The school's identifier.")]
Give = Annotated[
    str | None, typer.Option("--give", metavar="CATEGORY", help="It carries the category.")
]
Take = Annotated[
    str | None, typer.Option("--take", metavar="CATEGORY", help="It does not carry it.")
]
_VERDICTS = Sentence("Say one of --on, --off, --give CATEGORY, --take CATEGORY.")


@command(
    "opora list override 860012 --programme yugra --year 2026 --off "
    "--reason 'Merged in August' --basis 'order 12'"
)
def override(
    school: Annotated[
        str | None, typer.Argument(metavar="SCHOOL", help="The school's identifier.")
    ] = None,
    *,
    programme: ProgrammeOption,
    year: Year,
    on: Annotated[bool, typer.Option("--on", help="It comes on the list.")] = False,
    off: Annotated[bool, typer.Option("--off", help="It comes off the list.")] = False,
    give: Give = None,
    take: Take = None,
    reason: Reason = "",
    basis: Basis = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="A CSV or XLSX file with the columns school, verdict, reason, basis.",
        ),
    ] = None,
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """The rule's verdict stays beside the person's word; the newest word stands. In a file the
    verdict is on, off, give CATEGORY or take CATEGORY; the same file again changes nothing, bad rows
    stay out and are named (exit status 3). A newer version of the year's list keeps overrides.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        verdicts = _verdicts(on=on, off=off, give=give, take=take)
        _require_sense(school, verdicts, file)
        with door.deed(lambda _: region.zone) as (session, acting):
            listing = listing_of(session, region.key, year, version)
            found: FileReport | Overridden
            if file is not None:
                found = override_by_file(session, listing, file, acting, dry_run=dry_run)
            else:
                ruling = _ruling(school or "", verdicts[0], reason, basis)
                found = override_verdict(session, listing, ruling, acting, dry_run=dry_run)
        if isinstance(found, FileReport):
            _tell_file(door, region, found, as_json=as_json)
        elif as_json:
            door.out.json(found)
        else:
            _tell_one(door, region, year, found, dry_run=dry_run)


def _tell_one(
    door: Door, region: Programme, year: int, found: Overridden, *, dry_run: bool
) -> None:
    _print_overridden(door, region, [found])
    _offer(door, region, year, found)
    if dry_run:
        door.out.tell(Sentence("A rehearsal: nothing was changed."))


def _require_sense(school: str | None, verdicts: Sequence["_Verdict"], file: Path | None) -> None:
    """Either a school with one verdict, or a file alone."""
    says_itself = school is not None and len(verdicts) == 1
    if file is None and not says_itself:
        raise WrongUsage(field="SCHOOL", value=school or "", cure=_VERDICTS)
    if file is not None and (school is not None or verdicts):
        cure = Sentence("A file says it all: name no school.")
        raise WrongUsage(field="SCHOOL", value=school or "", cure=cure)


_Verdict: TypeAlias = tuple[bool, str | None]
"""Whether the school carries it, and the category; None is the list itself."""


def _verdicts(*, on: bool, off: bool, give: str | None, take: str | None) -> list[_Verdict]:
    said: list[tuple[object, _Verdict]] = [
        (on, (True, None)),
        (off, (False, None)),
        (give, (True, give)),
        (take, (False, take)),
    ]
    return [verdict for given, verdict in said if given]


def _ruling(school: str, verdict: _Verdict, reason: str, basis: str) -> Ruling:
    carries, category = verdict
    return Ruling(school=school, carries=carries, reason=reason, basis=basis, category=category)


def _print_overridden(door: Door, region: Programme, found: list[Overridden]) -> None:
    holds = {True: Sentence("yes"), False: Sentence("no"), None: Sentence("not judged")}
    door.out.table(
        [
            Sentence("School"),
            Sentence("Name"),
            Sentence("Category"),
            Sentence("By the rules"),
            Sentence("Override"),
        ],
        [
            (
                one.school,
                one.name,
                region.labels.get(f"category.{one.category}", one.category),
                holds[one.by_rule],
                holds[one.carries],
            )
            for one in found
        ],
    )


def _offer(door: Door, region: Programme, year: int, found: Overridden) -> None:
    """What remains to be done with a case: that is a move of its own."""
    if found.case is not None:
        told = {"school": found.school, "case": found.case}
        text = "School {school} still has the case {case}: opora case move {case} withdraw"
        door.out.tell(Sentence(text, told))
    elif found.to_open:
        told = {"school": found.school, "programme": region.key, "year": str(year)}
        text = (
            "School {school} has no case yet: "
            "opora case open --school {school} --programme {programme} --year {year}"
        )
        door.out.tell(Sentence(text, told))


def _tell_file(door: Door, region: Programme, report: FileReport, *, as_json: bool) -> None:
    text = door.out.text
    if as_json:
        door.out.json(
            {
                "file": report.file,
                "dry_run": report.dry_run,
                "overridden": report.done,
                "unchanged": report.unchanged,
                "rejected": [
                    {
                        "row": one.row,
                        "field": one.field,
                        "value": one.value,
                        "why": text(one.why),
                        "cure": text(one.cure),
                    }
                    for one in report.rejected
                ],
            }
        )
    else:
        _print_overridden(door, region, list(report.done))
    told = {
        "file": report.file,
        "done": len(report.done),
        "unchanged": report.unchanged,
        "rejected": len(report.rejected),
    }
    would = Sentence(
        "{file} would give: overridden {done}, unchanged {unchanged}, rejected {rejected}", told
    )
    did = Sentence("{file}: overridden {done}, unchanged {unchanged}, rejected {rejected}", told)
    door.out.tell(would if report.dry_run else did)
    tell_rejected(door.out, report.rejected)
    if report.rejected:
        raise typer.Exit(FOUND)


# --- objections -----------------------------------------------------------------------------------


@command(
    "opora list object 860012 --programme yugra --year 2026 --reason 'The results of 9B are missing'"
)
def object_(
    school: SchoolCode,
    *,
    programme: ProgrammeOption,
    year: Year,
    reason: Reason,
    appeal: Annotated[
        bool, typer.Option("--appeal", help="Against the decision on the objection.")
    ] = False,
    version: Version = None,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """For the school's head and the municipality's coordinator, against being listed or not being
    listed. Whoever decides gets a letter, and so do you with the outcome. The programme may set a
    last day; an appeal is decided by another person than the objection was.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        with door.deed(lambda _: region.zone) as (session, acting):
            listing = listing_of(session, region.key, year, version)
            made = object_to_list(session, listing, school, reason, acting, appeal=appeal)
            told = {"objection": made.id, "appeal_of": made.appeal_of, "school": school}
        if as_json:
            door.out.json(told)
            return
        door.out.tell(Sentence("Objection {objection} is made and waits for a decision.", told))


@command("opora list objections --programme yugra --year 2026")
def objections(
    programme: ProgrammeOption,
    year: Year,
    *,
    decided: Annotated[bool, typer.Option("--all", help="Those that are decided, too.")] = False,
    as_json: Json = False,
    email: As = None,
) -> None:
    """Objections and appeals that wait for a decision, of the schools that you answer for."""
    with opened(email) as door:
        region = programme_named(programme)
        with door.look() as (session, acting):
            found = objections_of(session, region.key, year, acting, decided=decided)
        if as_json:
            door.out.json(found)
            return
        outcomes = {None: None, True: Sentence("upheld"), False: Sentence("refused")}
        door.out.table(
            [
                Sentence("Objection"),
                Sentence("School"),
                Sentence("Name"),
                Sentence("Appeal of"),
                Sentence("Who"),
                Sentence("Day"),
                Sentence("Reason"),
                Sentence("Decision"),
                Sentence("Remarks"),
            ],
            [
                (
                    one.id,
                    one.school,
                    one.name,
                    one.appeal_of,
                    one.by,
                    one.made_on,
                    one.reason,
                    outcomes[one.is_upheld],
                    one.remarks,
                )
                for one in found
            ],
        )


@command("opora list decide 3 --uphold --remarks 'The file was wrong' --basis 'minutes 4'")
def decide(
    objection: Annotated[
        int,
        typer.Argument(metavar="OBJECTION", min=1, max=2**31 - 1, help="Number of the objection."),
    ],
    *,
    uphold: Annotated[bool, typer.Option("--uphold", help="The verdict is turned round.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="The verdict stays.")] = False,
    remarks: Annotated[
        str, typer.Option("--remarks", metavar="TEXT", help="Why; whoever objected reads it.")
    ],
    basis: Basis = "",
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Upheld, the verdict is overridden by your word with the remarks as its reason; where the
    school has a case, the way to withdraw or to open it is named.
    """
    with opened(email, moment) as door:
        if uphold is refuse:
            cure = Sentence("Say one of --uphold and --refuse.")
            raise WrongUsage(field="--uphold", value="", cure=cure)
        resolution = Resolution(is_upheld=uphold, remarks=remarks, basis=basis)
        with door.deed() as (session, acting):
            found = decide_objection(session, objection, resolution, acting)
            year, programme = found.year, found.programme
        if as_json:
            door.out.json(found)
            return
        text = "Objection {objection} is upheld." if uphold else "Objection {objection} is refused."
        door.out.tell(Sentence(text, {"objection": objection}))
        if found.override is not None:
            _offer(door, programme_named(programme), year, found.override)


# --- designation ----------------------------------------------------------------------------------


@command("opora list designate 860012 860013 --programme tennessee --year 2018 --basis 'order 7'")
def designate(
    schools: Annotated[
        list[str] | None, typer.Argument(metavar="SCHOOL…", help="Schools by their codes.")
    ] = None,
    *,
    programme: ProgrammeOption,
    year: Year,
    basis: Basis,
    everybody: Annotated[bool, typer.Option("--all", help="Every eligible school.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the designation back.")] = False,
    version: Version = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Where the programme says so, the list holds eligible schools and a person designates among
    them, within the programme's caps; only designated schools come into the cycle.
    """
    with opened(email, moment) as door:
        region = programme_named(programme)
        if everybody is bool(schools):
            cure = Sentence("Name schools, or say --all.")
            raise WrongUsage(field="SCHOOL", value=", ".join(schools or ()), cure=cure)
        choice = Choice(schools=schools or None, basis=basis, is_designated=not undo)
        with door.deed(lambda _: region.zone) as (session, acting):
            listing = listing_of(session, region.key, year, version)
            found = designate_schools(session, listing, choice, acting, dry_run=dry_run)
        if as_json:
            door.out.json(found)
            return
        told = {
            "changed": len(found.schools),
            "designated": found.designated,
            "eligible": found.eligible,
        }
        would = Sentence(
            "Would change {changed} schools; designated: {designated} of {eligible} eligible", told
        )
        did = Sentence(
            "Changed {changed} schools; designated: {designated} of {eligible} eligible", told
        )
        door.out.tell(would if dry_run else did)
