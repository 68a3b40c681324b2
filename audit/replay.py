"""Replay: what the lines of one subject, read from the first to the last, claim to be true today."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NoReturn, TypeAlias

from audit import lists, plans, records, wishes
from audit.additions import ADDITIONS, Row, told_row
from audit.lines import Body, Salted
from opora.errors import HistoryBroken
from opora.words import Sentence
from states.case_machine import RULES
from states.stage import Move, Stage
from states.task_machine import TASK_RULES, TaskDeed, TaskState

TaskKey: TypeAlias = tuple[int, str, int]
"""Cycle, milestone and turn."""

ToldStep: TypeAlias = tuple[str, str, int]
"""Kind, date in force and shift of one step in a deadline's life."""


@dataclass(slots=True)
class ClaimedTask:
    """A task as its history leaves it."""

    assignee: int
    steps: list[ToldStep]
    state: str = TaskState.OPEN
    version: int = 1

    @property
    def due_on(self) -> str:
        """The date in force, the fold of the steps."""
        return self.steps[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDecision:
    """A decision as its line tells it; its words only as commitments, with the salts still kept."""

    kind: str
    actor: str
    at: str
    commitments: Mapping[str, str]
    salts: Mapping[str, bytes]


@dataclass(slots=True)
class Claim:
    """What the history of one subject claims. `row` is column → value; None: nothing was opened."""

    subject: str
    seq: int = 0
    row: dict[str, Any] | None = None
    tasks: dict[TaskKey, ClaimedTask] = field(default_factory=dict)
    decisions: list[ClaimedDecision] = field(default_factory=list)
    kept: records.Claims = field(default_factory=dict)
    asked: wishes.Claims = field(default_factory=dict)
    planned: plans.Claims = field(default_factory=dict)
    is_quarantined: bool = False  # of the installation
    added: dict[str, list[Row]] = field(default_factory=dict)  # deed → rows it tells to have added

    @property
    def kind(self) -> str:
        """Of the subject: case, cycle, listing, territory, …"""
        return self.subject.partition(":")[0]

    @property
    def opened(self) -> dict[str, Any]:
        """The row as told so far; HistoryBroken when no line has opened it."""
        if self.row is None:
            _contradiction("nothing was opened before this line")
        return self.row


def fold(claim: Claim, body: Body, words: Salted) -> None:
    """Add one line to what is claimed. Raises HistoryBroken where the story contradicts itself."""
    claim.seq = body["seq"]
    deed, values = body["deed"], body["values"]
    try:
        if deed in _OPENINGS:
            _open(claim, _OPENINGS[deed](body), values)
        elif deed in _CHANGES:
            _CHANGES[deed](claim, body, words)
        if deed in wishes.DEEDS:
            wishes.DEEDS[deed](claim.asked, body, words)
        if deed in ADDITIONS:
            claim.added.setdefault(deed, []).append(told_row(body))
    except (KeyError, TypeError, ValueError, AttributeError):
        _contradiction("the line leaves out what its deed “{deed}” must tell", deed=deed)


# --- what is opened -------------------------------------------------------------------------------


def _case(body: Body) -> dict[str, Any]:
    return {
        "cycle": body["values"]["cycle"],
        "school": body["values"]["school"],
        "stage": body["dest"],
        "version": body["version"],
        "left_stage": None,
        "outcome": None,
        "suspended_on": None,
        "stage_since": body["values"]["on"],
        "carried_from": body["values"].get("carried_from"),
        "opened_at": body["happened_at"],
    }


def _cycle(body: Body) -> dict[str, Any]:
    said = body["values"]
    return {
        "programme": said["programme"],
        "sha256": said["sha256"],
        "year": said["year"],
        "listing": said["listing"],
        "kick_off_on": said.get("kick_off"),
        "opened_at": body["happened_at"],
        "is_open": "yes",
        "participants": (),
    }


def _listing(body: Body) -> dict[str, Any]:
    names = ("programme", "sha256", "year", "version", "judged", "digest")
    return {
        **{name: body["values"][name] for name in names},
        "listed": tuple(sorted(body["values"]["listed"])),
        "judged_at": body["happened_at"],
        "confirmed_at": None,
        "confirmed_by": None,
        **lists.nothing_yet(),
    }


_OPENINGS: Mapping[str, Callable[[Body], dict[str, Any]]] = {
    "open_case": _case,
    "open_cycle": _cycle,
    "identify": _listing,
}


def _open(claim: Claim, row: dict[str, Any], values: Mapping[str, Any]) -> None:
    if claim.row is not None:
        _contradiction("the same thing is opened a second time")
    claim.row = row
    cycle = values["cycle"] if claim.kind == "case" else int(claim.subject.partition(":")[2])
    _open_tasks(claim, cycle, values.get("tasks", ()))


def _open_tasks(claim: Claim, cycle: int, tasks: Sequence[Mapping[str, Any]]) -> None:
    for told in tasks:
        key = (cycle, told["milestone"], told["turn"])
        if key in claim.tasks:
            _contradiction("the task {task} is opened a second time", task=name_of(key))
        claim.tasks[key] = ClaimedTask(told["assignee"], _steps([], told["steps"]))


# --- what changes it ------------------------------------------------------------------------------


def _more_tasks(claim: Claim, body: Body, _: Salted) -> None:
    _open_tasks(claim, body["values"]["cycle"], body["values"]["tasks"])


def _moved(claim: Claim, body: Body, _: Salted) -> None:
    row, values, move = claim.opened, body["values"], Move(body["deed"])
    if (row["stage"], row["version"] + 1) != (body["source"], body["version"]):
        _contradiction(
            "the line moves the case from “{source}”, version {version}, but it stood at “{stage}”",
            source=body["source"],
            version=body["version"] - 1,
            stage=row["stage"],
        )
    if (move, body["source"], body["dest"]) not in _LAW:
        _contradiction("the law has no such move: {move} to “{dest}”", move=move, dest=body["dest"])
    _move_tasks(claim, row["cycle"], values)
    row["version"] = body["version"]
    if move in {Move.SUSPEND, Move.RESUME}:
        row["suspended_on"] = values["on"] if move is Move.SUSPEND else None
        return
    row |= {
        "left_stage": row["stage"],
        "stage": body["dest"],
        "outcome": values["outcome"],
        "stage_since": values["on"],
    }
    if body["dest"] == Stage.EXITED:
        row["suspended_on"] = None


def _move_tasks(claim: Claim, cycle: int, values: Mapping[str, Any]) -> None:
    for told in values.get("cancelled", ()):
        task = _task(claim, cycle, told)
        task.state = TaskState.CANCELLED
        task.version += 1
    _open_tasks(claim, cycle, values.get("tasks", ()))
    for told in values.get("deadlines", ()):
        task = _task(claim, cycle, told)
        task.steps = _steps(task.steps, told["steps"])


def _worked(claim: Claim, body: Body, _: Salted) -> None:
    values = body["values"]
    task = _task(claim, values["cycle"], values)
    deed, source, dest = body["deed"].removesuffix("_task"), values["from"], values["to"]
    if (task.state, task.version + 1) != (source, values["task_version"]):
        _contradiction(
            "the line finds the task “{source}”, but it stood at “{state}”, version {version}",
            source=source,
            state=task.state,
            version=task.version,
        )
    if (deed, source, dest) not in _TASK_LAW:
        _contradiction(
            "the law has no such deed with a task: {deed} to “{dest}”", deed=deed, dest=dest
        )
    task.state, task.version = dest, values["task_version"]


def _shifted(claim: Claim, body: Body, _: Salted) -> None:
    """Deadlines that somebody put off, or that went along with the day they count from."""
    values = body["values"]
    for told in values["deadlines"]:
        task = _task(claim, values["cycle"], told)
        task.steps = _steps(task.steps, told["steps"])


def _given(claim: Claim, body: Body, _: Salted) -> None:
    """Tasks that went from one person to another, with the steps of a clock counted anew."""
    for told in body["values"]["tasks"]:
        task = _task(claim, told["cycle"], told)
        if (task.assignee, task.version + 1) != (told["from"], told["task_version"]):
            _contradiction(
                "the line takes the task from {person}, but it was with {assignee}",
                person=told["from"],
                assignee=task.assignee,
            )
        task.assignee, task.version = told["assignee"], told["task_version"]
        task.steps = _steps(task.steps, told["steps"])


def _kicked_off(claim: Claim, body: Body, words: Salted) -> None:
    row, values = claim.opened, body["values"]
    if row["kick_off_on"] != values["from"]:
        stood = values["from"] or "nowhere"
        _contradiction("the kick-off moves from {day}, where it did not stand", day=stood)
    row["kick_off_on"] = values["to"]
    _shifted(claim, body, words)


def _decided(claim: Claim, body: Body, words: Salted) -> None:
    claim.decisions.append(
        ClaimedDecision(
            kind=body["values"]["kind"],
            actor=body["actor"],
            at=body["happened_at"],
            commitments=body["words"],
            salts={name: salt for name, (salt, _) in words.items()},
        )
    )


def _closed_cycle(claim: Claim, body: Body, _: Salted) -> None:
    row = claim.opened
    if row["is_open"] != "yes":
        _contradiction("the cycle is closed a second time")
    row["is_open"] = "no"
    _move_tasks(claim, int(claim.subject.partition(":")[2]), body["values"])


def _closed_tasks(claim: Claim, body: Body, _: Salted) -> None:
    """Tasks that a closing or a new version of the programme took away, added or moved."""
    _move_tasks(claim, body["values"]["cycle"], body["values"])


def _closed_case(claim: Claim, body: Body, _: Salted) -> None:
    row = claim.opened
    row["outcome"] = body["values"]["outcome"]
    _move_tasks(claim, row["cycle"], body["values"])


def _adopted(claim: Claim, body: Body, _: Salted) -> None:
    row, values = claim.opened, body["values"]
    if row["sha256"] != values["from"]:
        _contradiction("the cycle leaves a programme version that it was not pinned to")
    row["sha256"] = values["to"]


def _confirmed(claim: Claim, body: Body, _: Salted) -> None:
    row = claim.opened
    if body["values"]["digest"] != row["digest"]:
        _contradiction("another list was confirmed than the one that was identified")
    row |= {"confirmed_at": body["happened_at"], "confirmed_by": body["actor"]}


def _restored(claim: Claim, body: Body, _: Salted) -> None:
    claim.is_quarantined = body["deed"] == "restore"


def _recorded(claim: Claim, body: Body, words: Salted) -> None:
    records.DEEDS[body["deed"]](claim.kept, body, words)
    if body["deed"] in records.WRITTEN:
        _move_tasks(claim, body["values"]["cycle"], body["values"])


def _planned(claim: Claim, body: Body, words: Salted) -> None:
    plans.DEEDS[body["deed"]](claim.planned, body, words)


def _entered(claim: Claim, body: Body, _: Salted) -> None:
    lists.enter(claim.opened, body)


def _listed(claim: Claim, body: Body, _: Salted) -> None:
    lists.DEEDS[body["deed"]](claim.opened, body)


_LAW = {(rule.move, rule.source, rule.dest) for rule in RULES}
_TASK_LAW = {
    *((rule.deed, rule.source, rule.dest) for rule in TASK_RULES),
    # without an approver what is handed in is accepted at once
    *((r.deed, r.source, TaskState.ACCEPTED) for r in TASK_RULES if r.deed is TaskDeed.SUBMIT),
}
_CHANGES: Mapping[str, Callable[[Claim, Body, Salted], None]] = {
    **dict.fromkeys((move.value for move in Move), _moved),
    **dict.fromkeys((f"{deed}_task" for deed in TaskDeed), _worked),
    "open_tasks": _more_tasks,
    "reassign_tasks": _given,
    "extend_task": _shifted,
    "follow_anchor": _shifted,
    "move_kick_off": _kicked_off,
    "record_decision": _decided,
    "decide_exit": _decided,
    "assign_cluster": _decided,
    "confirm_partner": _decided,
    "close_cycle": _closed_cycle,
    "close_tasks": _closed_tasks,
    "close_case": _closed_case,
    "replan": _closed_tasks,
    "adopt_programme": _adopted,
    "confirm_list": _confirmed,
    **dict.fromkeys(("restore", "release"), _restored),
    **dict.fromkeys(lists.DEEDS, _listed),
    "enter_schools": _entered,
    **dict.fromkeys(records.DEEDS, _recorded),
    **dict.fromkeys(plans.DEEDS, _planned),
}


def _task(claim: Claim, cycle: int, told: Mapping[str, Any]) -> ClaimedTask:
    key = (cycle, told["milestone"], told["turn"])
    if key not in claim.tasks:
        _contradiction("the task {task} was never opened", task=name_of(key))
    return claim.tasks[key]


def name_of(key: TaskKey) -> str:
    """A task as a finding calls it: milestone and turn."""
    return f"{key[1]}#{key[2]}"


def _steps(before: list[ToldStep], told: Sequence[Mapping[str, Any]]) -> list[ToldStep]:
    """The ledger with the steps a line tells of; each must be the day before plus its shift."""
    steps = list(before)
    for step in told:
        shift, day = step["shift"], step["due_on"]
        if steps and date.fromisoformat(steps[-1][1]) + timedelta(days=shift) != date.fromisoformat(
            day
        ):
            _contradiction("the steps of a deadline do not add up to {day}", day=day)
        steps.append((step["kind"], day, shift))
    return steps


def _contradiction(what: str, **fields: object) -> NoReturn:
    raise HistoryBroken(what=Sentence(what, fields))
