"""The command line: one table of commands; what stands behind a command is imported when it is used."""

import inspect
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from cli.manual import WIDEST, Manual, write_page, write_usage
from opora.words import Sentence


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its words, the module and the function behind it, and its line in the manual."""

    name: str
    module: str
    function: str
    help: str


TABLE = (
    Entry("init", "cli.installing", "init", "Prepare this installation: home, schema, owner."),
    Entry("demo", "cli.demo", "demo", "Walk a generated region through a virtual quarter."),
    Entry("config show", "cli.installing", "show_config", "Every setting in force, no secrets."),
    Entry("programme check", "cli.programme_commands", "check", "Name every fault of a programme."),
    Entry(
        "programme list", "cli.programme_commands", "list_all", "The programmes that come along."
    ),
    Entry("programme show", "cli.programme_commands", "show", "What a programme foresees."),
    Entry("programme schema", "cli.programme_commands", "schema", "JSON Schema for editors."),
    Entry("import", "cli.import_command", "take_in", "Take a CSV or XLSX file in by a profile."),
    Entry("identify", "cli.identify_command", "identify", "Judge the schools by the rules."),
    Entry("list show", "cli.list_commands", "show", "Who is on the year's list, and why."),
    Entry("list versions", "cli.list_commands", "versions", "Versions and editions of a list."),
    Entry("list gaps", "cli.list_commands", "show_gaps", "Schools that are not judged yet."),
    Entry(
        "list override", "cli.list_deeds", "override", "Put a school on the list, or take it off."
    ),
    Entry("list object", "cli.list_deeds", "object_", "Object to the verdict on your school."),
    Entry("list objections", "cli.list_deeds", "objections", "Objections and appeals."),
    Entry("list decide", "cli.list_deeds", "decide", "Uphold or refuse an objection."),
    Entry("list designate", "cli.list_deeds", "designate", "Designate eligible schools."),
    Entry("list publish", "cli.list_commands", "publish", "Fix the list as an edition; its files."),
    Entry("list compare", "cli.list_commands", "compare", "Who entered, left and stayed, and why."),
    Entry("list watch", "cli.register_commands", "show_watched", "Whether those who left hold."),
    Entry("list makeup", "cli.register_commands", "show_makeup", "What the register is made of."),
    Entry("cycle open", "cli.cycle_commands", "open_year", "Launch a year: cases, tasks, letters."),
    Entry(
        "cycle status", "cli.cycle_commands", "status", "Board of a cycle: stages, what is late."
    ),
    Entry("cycle participants", "cli.participant_commands", "participants", "Who takes part."),
    Entry("cycle enter", "cli.participant_commands", "enter", "Enter schools as participants."),
    Entry("cycle kick-off", "cli.deadline_commands", "kick_off", "Move the kick-off meeting."),
    Entry("cycle adopt", "cli.adoption_commands", "go_over", "Move a cycle to a new version."),
    Entry("phase open", "cli.adoption_commands", "begin_phase", "Open a phase of monitoring."),
    Entry("cycle propose", "cli.ending_commands", "propose", "How each case should end, and why."),
    Entry(
        "cycle publish", "cli.publish_command", "publish", "Write the page for all participants."
    ),
    Entry("cycle close", "cli.ending_commands", "close", "Close a year whose cases have ended."),
    Entry("case list", "cli.case_commands", "list_all", "The cases that you may see."),
    Entry("case show", "cli.case_commands", "show", "One case: stage, tasks, decisions, moves."),
    Entry("case open", "cli.case_commands", "open_one", "Take a school up in a running cycle."),
    Entry("case move", "cli.case_commands", "move", "Move a case to another stage."),
    Entry("case decide", "cli.case_commands", "decide", "Record a decision about a case."),
    Entry("case decide-exit", "cli.ending_commands", "decide", "Decide how a case's year ends."),
    Entry("cluster propose", "cli.cluster_commands", "propose", "Clusters by rules and by data."),
    Entry("cluster assign", "cli.cluster_commands", "assign", "Decide the cluster of a case."),
    Entry("partner propose", "cli.partner_commands", "propose", "The best partners for a cohort."),
    Entry("partner show", "cli.partner_commands", "show", "A case's partner, and the next best."),
    Entry("partner why", "cli.partner_commands", "why", "Why not this partner."),
    Entry("partner fix", "cli.partner_commands", "fix", "Fix a pair; work out the rest anew."),
    Entry("partner bar", "cli.partner_commands", "bar", "Bar a pair; work out the rest anew."),
    Entry("partner free", "cli.partner_commands", "free", "Take back what was fixed or barred."),
    Entry("partner confirm", "cli.partner_commands", "confirm", "Decide the proposed pairs."),
    Entry("curator offer", "cli.curator_commands", "offer", "Who may be a curator, of how many."),
    Entry("curator propose", "cli.curator_commands", "propose", "The best curators for a cohort."),
    Entry("curator fix", "cli.curator_commands", "fix", "Fix a pair; work out the rest anew."),
    Entry("curator bar", "cli.curator_commands", "bar", "Bar a pair; work out the rest anew."),
    Entry("curator free", "cli.curator_commands", "free", "Take back what was fixed or barred."),
    Entry("curator confirm", "cli.curator_commands", "confirm", "Appoint; tasks follow."),
    Entry("task list", "cli.task_commands", "list_all", "The tasks that you may see."),
    Entry(
        "task show", "cli.task_commands", "show", "One task: what counts as proof, its deadline."
    ),
    Entry("task submit", "cli.task_commands", "submit", "Hand a task in, with files or words."),
    Entry("task accept", "cli.task_commands", "accept", "Accept what was handed in."),
    Entry("task return", "cli.task_commands", "give_back", "Return a task with remarks."),
    Entry("task cancel", "cli.task_commands", "cancel", "Take a task away, saying why."),
    Entry("task extend", "cli.deadline_commands", "extend", "Put a deadline off, or ask for it."),
    Entry(
        "task extensions", "cli.deadline_commands", "list_extensions", "Who asks for a later day."
    ),
    Entry(
        "task extend-accept",
        "cli.deadline_commands",
        "accept_extension",
        "Grant the later day that is asked for.",
    ),
    Entry(
        "task extend-refuse",
        "cli.deadline_commands",
        "refuse_extension",
        "Refuse the later day that is asked for.",
    ),
    Entry("task reassign", "cli.giving_commands", "reassign", "Give a task to somebody else."),
    Entry("people list", "cli.people_commands", "list_all", "Everybody, with roles and work."),
    Entry("people show", "cli.people_commands", "show", "One person: roles, work, who reads."),
    Entry("people absent", "cli.people_commands", "absent", "Somebody is away; who stands in."),
    Entry(
        "people absences", "cli.people_commands", "list_absences", "Who is away, and until when."
    ),
    Entry("people depart", "cli.people_commands", "leave", "Somebody leaves; all is handed over."),
    Entry(
        "people handover", "cli.giving_commands", "handover", "Give all of somebody's tasks away."
    ),
    Entry(
        "people check", "cli.people_commands", "check", "Open deadlines that would reach nobody."
    ),
    Entry("contact", "cli.giving_commands", "contact", "Note a talk; silence reminders for days."),
    Entry("chase", "cli.giving_commands", "chase_list", "Whom to ring up: who is late longest."),
    Entry("round", "cli.round_commands", "run_round", "Today's reminders of every open cycle."),
    Entry("deliver", "cli.round_commands", "run_delivery", "Send the letters that are due."),
    Entry("letter list", "cli.letter_commands", "list_all", "Letters: waiting, sent, dead."),
    Entry("letter show", "cli.letter_commands", "show", "One letter as it was or will be sent."),
    Entry("letter retry", "cli.letter_commands", "retry", "Write a dead or returned letter anew."),
    Entry("bounces read", "cli.bounce_commands", "read", "Take in what mail servers sent back."),
    Entry("people prefer", "cli.address_commands", "choose", "Kinds of letters switched off."),
    Entry("people address", "cli.address_commands", "change", "A person's new or right address."),
    Entry("record kinds", "cli.record_lists", "kinds", "Kinds of records: fields, who adds them."),
    Entry("record form", "cli.form_commands", "form", "A record to fill in, with what is known."),
    Entry("record add", "cli.record_commands", "add", "Write down an act, a meeting, a need, …"),
    Entry("record list", "cli.record_lists", "list_all", "Records, or a register as a workbook."),
    Entry("record show", "cli.record_lists", "show", "One record with all that is around it."),
    Entry("record amend", "cli.record_commands", "amend", "A new version; the older one is kept."),
    Entry("record confirm", "cli.record_commands", "confirm", "Let a record stand."),
    Entry("record conclude", "cli.record_commands", "conclude", "What came of a record."),
    Entry("record cancel", "cli.record_commands", "cancel", "Take a record back, saying why."),
    Entry("record invite", "cli.attendance_commands", "invite", "Invite to what is held."),
    Entry("record attend", "cli.attendance_commands", "attend", "Write down who came."),
    Entry("record attendance", "cli.record_lists", "matrix", "Who came to what of a whole series."),
    Entry(
        "record acknowledge", "cli.attendance_commands", "acknowledge", "Say that you have read it."
    ),
    Entry("record answer", "cli.attendance_commands", "answer", "Answer a question, or ask on."),
    Entry("plan show", "cli.plan_commands", "show", "A school's plan: measures, what is missing."),
    Entry("plan check", "cli.plan_commands", "check", "Whether the plan is complete."),
    Entry("plan renew", "cli.plan_commands", "renew", "Take last year's measures over."),
    Entry("plan submit", "cli.plan_commands", "submit", "Hand the plan in, as a new version."),
    Entry("plan review", "cli.plan_commands", "review", "Endorse the plan, or return it."),
    Entry("plan approve", "cli.plan_commands", "approve", "Approve the plan by an act."),
    Entry("document kinds", "cli.document_commands", "list_kinds", "Documents that can be made."),
    Entry("document make", "cli.document_commands", "make", "An order, a contract, a case folder."),
    Entry("document list", "cli.document_commands", "list_all", "What was made about a case."),
    Entry(
        "cycle inform", "cli.report_commands", "inform", "Send the numbers to all who take part."
    ),
    Entry(
        "indicator show", "cli.indicator_commands", "show", "What each indicator says, and where."
    ),
    Entry("indicator enter", "cli.indicator_commands", "write_down", "Write down a number."),
    Entry("indicator freeze", "cli.indicator_commands", "keep", "Keep the values of a phase."),
    Entry("report", "cli.report_commands", "make", "Where a year stands: screen, page, workbook."),
    Entry("people name", "cli.document_commands", "name_forms", "A name as orders decline it."),
    Entry("history", "cli.history_commands", "history", "Everything that happened to a case."),
    Entry("verify", "cli.history_commands", "verify", "Check that nobody rewrote the past."),
    Entry("serve", "cli.serve_commands", "serve", "Keep the clock: rounds, letters, recovery."),
    Entry("deploy", "cli.serve_commands", "deploy", "Register the timetable with Prefect."),
    Entry("worker", "cli.serve_commands", "worker", "Do the runs that Prefect hands out."),
    Entry("backup", "cli.keeping_commands", "backup", "Take a copy while everybody works."),
    Entry("restore", "cli.keeping_commands", "restore", "Come back from a backup, in quarantine."),
    Entry("release", "cli.keeping_commands", "release", "End the quarantine of what came back."),
    Entry("doctor", "cli.doctor_command", "doctor", "Name what is amiss, each with its cure."),
    Entry("version", "cli.version_command", "version", "The version of this program."),
)
"""Every command there is, in the order of the manual. The modules are named, not imported."""

GROUPS = {
    "config": Sentence("Settings of this installation."),
    "programme": Sentence("Programmes: a region's rules, dates and words, as data."),
    "list": Sentence("The list of a year: who is on it, objections, editions."),
    "cycle": Sentence("A year of support in one region."),
    "phase": Sentence("Phases of monitoring: entry, interim, final."),
    "case": Sentence("Cases: one school in one cycle."),
    "cluster": Sentence("Clusters: which schools are alike in what they need."),
    "partner": Sentence("Partners: who helps which school."),
    "curator": Sentence("Curators: who looks after which school."),
    "task": Sentence("Tasks: what people have to do, and by when."),
    "people": Sentence("People: how they are reached, who stands in for whom."),
    "document": Sentence("Documents to sign and to file."),
    "indicator": Sentence("Indicators: what is measured, against what."),
    "plan": Sentence("Plans of schools: their measures, reviews and approval."),
    "record": Sentence(
        "Records: acts, meetings, visits, needs, practices, as the programme declares them."
    ),
    "letter": Sentence("Letters that Opora writes to people."),
    "bounces": Sentence("Letters that came back."),
}
_MANUAL = Sentence(
    "Opora runs a region's yearly support of schools with low results: "
    "cases, deadlines, letters, and a history that can be checked."
)
_EPILOG = Sentence(
    "JSON goes to standard output, messages go to standard error. Exit status: 0 done, 1 failed, "
    "2 wrong usage, 3 done but something was rejected or found."
)


class Listed(Manual):
    """A command as the manual lists it; the real one is loaded when it is called."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(name=entry.name.split()[-1], help=entry.help, rich_markup_mode=None)
        self.entry = entry

    def load(self) -> Any:
        """The command itself, with its options."""
        function = getattr(import_module(self.entry.module), self.entry.function)
        example = getattr(function, "example", "")
        more = inspect.getdoc(function) or ""
        built = typer.Typer(add_completion=False, rich_markup_mode=None)
        built.command(
            name=self.name,
            cls=Manual,
            help=f"{self.entry.help}\n\n{more}".strip(),
            epilog=example or None,
        )(function)
        return typer.main.get_command(built)


class Shelf(TyperGroup):
    """A group that knows its commands from the table. Plain help: rich alone would cost 0.2 s."""

    def __init__(self, name: str, manual: Sentence, epilog: Sentence | None = None) -> None:
        super().__init__(
            name=name,
            help=manual.text,
            epilog=epilog and epilog.text,
            no_args_is_help=True,
            rich_markup_mode=None,
            context_settings={"max_content_width": WIDEST},
        )

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The page."""
        write_page(self, ctx, formatter)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """The line that a mistake is answered with, too."""
        write_usage(self, ctx, formatter)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, loaded now."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found.load() if isinstance(found, Listed) else found, rest


def shelf() -> Shelf:
    """The whole table as commands."""
    top = Shelf("opora", _MANUAL, _EPILOG)
    for entry in TABLE:
        first, _, second = entry.name.partition(" ")
        if not second:
            top.add_command(Listed(entry))
            continue
        group = top.commands.get(first)
        if not isinstance(group, Shelf):
            group = Shelf(first, GROUPS[first])
            top.add_command(group)
        group.add_command(Listed(entry))
    return top


def run(arguments: Sequence[str] | None = None) -> int:
    """The door itself: nobody leaves it with a traceback. Gives the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without our letters
    for is_last in (False, False, True):
        try:
            status = shelf().main(args=arguments, prog_name="opora", standalone_mode=False)
            return status if isinstance(status, int) else 0
        except (typer.TyperException, typer.Abort) as slip:
            from cli.usage import answered

            return answered(slip)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception as error:  # noqa: BLE001  the last door: whatever it is, it is told, not thrown
            from cli.refusals import is_lost_race, told

            if is_last or not is_lost_race(error):
                return told(error)
    return 0


if __name__ == "__main__":
    sys.exit(run())
