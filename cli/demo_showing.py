"""What the demonstration shows of its region: the run in Prefect, the board, a letter, a history."""

from collections import Counter
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.header import decode_header, make_header

from sqlmodel import Session

from casework.acting import Acting
from casework.cases.board import Board, board, latest_cycle
from casework.cases.deed_words import DEEDS as EVERY_DEED, letter_words
from casework.cases.history_views import HistoryView, LineView, case_history
from casework.cases.reading import cases
from casework.cycles.versions import programme_of
from casework.letters.letter_views import LetterView, letter_view, letters
from cli.board_table import board_table
from cli.demo_screen import Screen
from cli.door import Door
from models.letter import LetterState
from notifications.outbox import LetterKind
from opora.settings import Settings
from opora.words import Sentence, Words
from programmes.definition import Programme
from states.stage import Move, Stage

MOST_LATE = 5
_RECENT_LETTERS, _LONGEST_LETTER = 30, 2600  # characters: what a screen holds


def show_run(screen: Screen, settings: Settings, flow_run: str, seconds: float) -> None:
    """The flow run as Prefect knows it, asked from its server."""
    from flows.prefect_server import run_shown  # only here: flows bring much along

    shown = run_shown(settings, flow_run)
    said = {"name": shown.name, "state": shown.state, "seconds": f"{seconds:.1f}"}
    screen.say(Sentence("Prefect's run {name}: {state}, {seconds} s.", said))
    batches = tuple(f"{name} {state}" for name, state in shown.batches)
    done = {"batches": batches, "progress": f"{shown.progress or 0:.0f}"}
    screen.say(Sentence("Its batches: {batches}; progress {progress} %.", done))
    for row in shown.result:
        counts = ", ".join(f"{name} {value}" for name, value in row.items())
        screen.say(Sentence("Its result: {counts}.", {"counts": counts}))


def show_board(screen: Screen, door: Door) -> Board:
    """Stages × municipalities, and with whom tasks are late; gives what was shown."""
    with door.look() as (session, acting):
        cycle = latest_cycle(session)
        programme = programme_of(session, cycle)
        seen = board(session, acting, cycle, on=acting.on(programme.zone))
    late = sum(row.tasks for row in seen.late)
    shown = board_table(programme, seen, screen.out.language)
    screen.table(shown.columns, shown.rows)
    screen.say(shown.legend)
    text = screen.out.text
    ends = [f"{text(programme.words(end))} {count}" for end, count in seen.outcomes.items()]
    screen.say(Sentence("Outcomes: {outcomes}", {"outcomes": tuple(ends) or "—"}))
    _tell_of_late(screen, seen, late)
    return seen


def _tell_of_late(screen: Screen, seen: Board, late: int) -> None:
    if late:
        said = {"late": late, "people": len(seen.late)}
        screen.say(Sentence("Late tasks: {late}, with {people} people. Most of them:", said))
    for row in seen.late[:MOST_LATE]:
        of = {"name": row.name, "address": row.person, "tasks": row.tasks, "days": row.most_days}
        screen.say(Sentence("• {name}, {address}: {tasks} ({days} days at most)", of))


def show_letters(screen: Screen, session: Session, acting: Acting) -> None:
    """How many letters of which kind left, and what became of the rest."""
    written = letters(session, acting)
    sent = Counter(one.kind for one in written if one.state is LetterState.SENT)
    screen.table(
        [Sentence("Letters that were sent"), Sentence("Number")],
        [(letter_words(kind), number) for kind, number in sorted(sent.items())],
    )
    told: dict[str, object] = {state.value: 0 for state in LetterState}
    told |= Counter(one.state.value for one in written)
    screen.say(
        Sentence(
            "Sent {sent}, waiting {pending}, no longer needed {superseded}, dead {dead}.", told
        )
    )


def show_letter(screen: Screen, door: Door) -> None:
    """The fullest digest of the last weeks that a screen holds, with its headers."""
    with door.look() as (session, acting):
        body = _chosen(session, acting)
    if body is None:
        screen.say(Sentence("No digest has been sent yet."))
        return
    letter = message_from_bytes(body)  # the newer parser leaves gaps inside of long names
    for name in ("From", "To", "Date", "Subject"):
        screen.quote(f"{name}: {make_header(decode_header(letter[name]))}")
    screen.quote("")
    screen.quote(_text(body))


def _chosen(session: Session, acting: Acting) -> bytes | None:
    sent = letters(session, acting, state=LetterState.SENT)
    digests: list[LetterView] = [one for one in sent if one.kind == LetterKind.DIGEST]
    bodies = [
        body
        for one in digests[-_RECENT_LETTERS:]
        if (body := letter_view(session, acting, one.id).body) is not None
    ]
    short = [body for body in bodies if len(_text(body)) <= _LONGEST_LETTER]
    return max(short or bodies, key=lambda body: len(_text(body)), default=None)


def _text(body: bytes) -> str:
    part = message_from_bytes(body, policy=policy.default).get_body(("plain",))
    return str(part.get_content()).strip() if part else ""


DEEDS: Mapping[str, Sentence] = {
    "open_case": Sentence("the case is opened"),
    "submit_task": Sentence("handed in: {title}"),
    "accept_task": Sentence("accepted: {title}"),
    "return_task": Sentence("returned: {title}"),
    "cancel_task": Sentence("cancelled: {title}"),
    "record_decision": Sentence("recorded: {title}"),
}
"""What the lines of a case are called where they name their title; a move bears its own name."""


def show_history(screen: Screen, door: Door) -> int:
    """Every line of the case whose work was given back most often; gives the case's id."""
    with door.look() as (session, acting):
        programme = programme_of(session, latest_cycle(session))
        here = cases(session, acting, on=acting.on(programme.zone))
        every = [case_history(session, acting, case.id) for case in here]
    seen = max(every, key=lambda one: (_given_back(one), len(one.lines)))
    screen.say(Sentence("{name}, case {case}", {"name": seen.name, "case": seen.case}))
    screen.table(
        [Sentence("When"), Sentence("Who"), Sentence("What")],
        [
            (
                f"{line.happened_at.astimezone(programme.zone):%d.%m.%Y %H:%M}",
                _who(line),
                _what(programme, line),
            )
            for line in seen.lines
        ],
    )
    return seen.case


def _given_back(one: HistoryView) -> int:
    return sum(line.deed in {"return_task", Move.RETURN_FOR_REWORK} for line in one.lines)


def _who(line: LineView) -> str:
    return line.by or line.actor


def _what(programme: Programme, line: LineView) -> Sentence:
    """The deed, from which stage to which, and the reasons that were given."""
    reasons = [line.words[name] for name in ("remarks", "basis") if line.words.get(name)]
    said = {
        "deed": _deed(programme, line),
        "stages": _stages(programme, line),
        "reasons": f" — {'; '.join(reasons)}" if reasons else "",
    }
    return Sentence("{deed}{stages}{reasons}", said)


def _deed(programme: Programme, line: LineView) -> Sentence | Words:
    if line.deed in set(Move):
        return programme.words(Move(line.deed))
    if line.deed not in DEEDS:
        return EVERY_DEED[line.deed]
    kind = "decision" if "kind" in line.values else "milestone"
    key = line.values.get("kind") or line.values.get("milestone")
    title = programme.words(f"{kind}.{key}") if key else ""
    return Sentence(DEEDS[line.deed].text, {"title": title})


def _stages(programme: Programme, line: LineView) -> Sentence | str:
    if line.source is None or line.dest is None or line.source == line.dest:
        return ""
    ends = {
        "source": programme.words(Stage(line.source)),
        "dest": programme.words(Stage(line.dest)),
    }
    return Sentence(": {source} → {dest}", ends)
