"""The live rows beside what history claims: every difference is named, both sides are told."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case as either,
    cast,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlmodel import Session, SQLModel, col

from audit import lists, plans, records, wishes
from audit.additions import in_additions, live_additions
from audit.lines import Broken, stored_moment
from audit.replay import Claim, ClaimedDecision, ClaimedTask, TaskKey, name_of
from models.case import Case, Decision
from models.cycle import Cycle, Listing, Verdict
from models.history import HistoryLine
from models.people import Installation
from models.record import Record
from models.school import School
from models.task import DeadlineStep, Task
from opora.canonical import commitment
from opora.words import Sentence

_Rows: TypeAlias = Mapping[int, Mapping[str, Any]]

_TABLES: Mapping[str, type[SQLModel]] = {"case": Case, "cycle": Cycle, "listing": Listing}
_MOMENTS = {"opened_at", "judged_at", "confirmed_at"}
HELD = "it is in quarantine, and no line of history restores it"
_UNTOLD = "the live row has no line of history"


def differences(session: Session, claims: Sequence[Claim]) -> list[Broken]:
    """Where the live rows of these subjects differ from what their histories claim."""
    tasks, steps = _live_tasks(session, claims), _live_steps(session, claims)
    rows = {kind: _live_rows(session, kind, claims) for kind in _TABLES}
    decisions = _live_decisions(session, claims)
    kept = records.live_records(session, [claim.subject for claim in claims])
    asked = wishes.live_requests(session, [claim.subject for claim in claims])
    planned = plans.live_plans(session, [claim.subject for claim in claims])
    additions = live_additions(session, [claim.subject for claim in claims])
    return [
        Broken(claim.subject, claim.seq, what)
        for claim in claims
        for what in (
            *_in_row(claim, rows),
            *_in_tasks(claim, tasks.get(claim.subject, {}), steps),
            *_in_decisions(claim, decisions.get(claim.subject, ())),
            *records.in_records(claim.subject, claim.kept, kept),
            *wishes.in_requests(claim.subject, claim.asked, asked),
            *plans.in_plans(claim.subject, claim.planned, planned),
            *_in_quarantine(session, claim),
            *in_additions(claim.subject, claim.added, additions),
        )
    ]


def strays(session: Session, subjects: Collection[str] | None) -> Iterator[Broken]:
    """Live rows of subjects whose chain has not a single line."""
    for kind, table in _TABLES.items():
        subject = literal(f"{kind}:").concat(cast(_id(table), String))
        yield from _without_lines(session, select(subject), subject, subjects)
    for of_rows in (col(Task.subject), col(Record.subject)):
        yield from _without_lines(session, select(of_rows).distinct(), of_rows, subjects)


def _id(table: type[SQLModel]) -> Any:
    return table.__table__.c.id  # type: ignore[attr-defined]  # SQLModel hides it


def _without_lines(
    session: Session, statement: Select[Any], subject: Any, subjects: Collection[str] | None
) -> Iterator[Broken]:
    lines = select(col(HistoryLine.id)).where(col(HistoryLine.subject) == subject)
    statement = statement.where(~lines.exists())
    if subjects is not None:
        statement = statement.where(subject.in_(subjects))
    for found in session.connection().scalars(statement, execution_options={"yield_per": 1000}):
        yield Broken(found, 0, Sentence(_UNTOLD))


def _in_quarantine(session: Session, claim: Claim) -> Iterator[Sentence]:
    """A restored copy that nobody released must still be held back; one that is, was restored."""
    if claim.kind != "installation":
        return
    held = session.scalar(select(col(Installation.quarantined_at))) is not None
    if claim.is_quarantined and not held:
        yield Sentence("the quarantine was lifted, and no line of history releases it")
    if held and not claim.is_quarantined:
        yield Sentence(HELD)


# --- rows -----------------------------------------------------------------------------------------


def _in_row(claim: Claim, rows: Mapping[str, _Rows]) -> Iterator[Sentence]:
    if claim.row is None:
        return
    live = rows[claim.kind].get(_number(claim))
    if live is None:
        yield Sentence("history tells of it, the live row is missing")
        return
    for name, claimed in claim.row.items():
        if (told := _said(claimed)) != (found := live[name]):
            yield _differs(name, told, found)


def _number(claim: Claim) -> int:
    digits = claim.subject.partition(":")[2]
    return int(digits) if digits.isdecimal() else 0


def _live_rows(session: Session, kind: str, claims: Iterable[Claim]) -> _Rows:
    ids = [_number(claim) for claim in claims if claim.kind == kind]
    if not ids:
        return {}
    found = {
        row.id: {
            name: _said(value, is_moment=name in _MOMENTS)
            for name, value in row._mapping.items()  # noqa: SLF001  the public way to a row's names
        }
        for row in session.connection().execute(_SELECTS[kind].where(_id(_TABLES[kind]).in_(ids)))
    }
    if kind == "cycle":
        lists.add_participants(session, found)
    if kind == "listing":
        _add_listed(session, found)
        lists.add_live(session, found)
    return found


def _add_listed(session: Session, listings: dict[int, dict[str, Any]]) -> None:
    statement = (
        select(col(Verdict.listing_id), col(School.code))
        .join(School, col(School.id) == col(Verdict.school_id))
        .where(col(Verdict.listed), col(Verdict.listing_id).in_(listings))
    )
    listed: dict[int, list[str]] = defaultdict(list)
    for listing_id, code in session.connection().execute(statement).all():
        listed[listing_id].append(code)
    for listing_id, row in listings.items():
        row["listed"] = _said(tuple(sorted(listed[listing_id])))


def _raw(column: Any, name: str) -> Any:
    """The value as it is stored: a word outside its enumeration must be told, not raised."""
    return type_coerce(col(column), String).label(name)


_SELECTS: Mapping[str, Select[Any]] = {
    "case": select(
        col(Case.id),
        _raw(Case.cycle_id, "cycle"),
        col(School.code).label("school"),
        _raw(Case.stage, "stage"),
        _raw(Case.version, "version"),
        _raw(Case.left_stage, "left_stage"),
        _raw(Case.outcome, "outcome"),
        _raw(Case.suspended_on, "suspended_on"),
        _raw(Case.stage_since, "stage_since"),
        _raw(Case.carried_from, "carried_from"),
        _raw(Case.opened_at, "opened_at"),
    ).outerjoin(School, col(School.id) == col(Case.school_id)),
    "cycle": select(
        col(Cycle.id),
        _raw(Cycle.programme_key, "programme"),
        _raw(Cycle.programme_sha256, "sha256"),
        _raw(Cycle.year, "year"),
        _raw(Cycle.listing_id, "listing"),
        _raw(Cycle.kick_off_on, "kick_off_on"),
        _raw(Cycle.opened_at, "opened_at"),
        either((col(Cycle.is_open), "yes"), else_="no").label("is_open"),
    ),
    "listing": select(
        col(Listing.id),
        _raw(Listing.programme_key, "programme"),
        _raw(Listing.programme_sha256, "sha256"),
        _raw(Listing.year, "year"),
        _raw(Listing.version, "version"),
        _raw(Listing.judged, "judged"),
        _raw(Listing.digest, "digest"),
        _raw(Listing.judged_at, "judged_at"),
        _raw(Listing.confirmed_at, "confirmed_at"),
        literal("person:").concat(cast(col(Listing.confirmed_by), String)).label("confirmed_by"),
    ),
}


# --- tasks and their deadlines --------------------------------------------------------------------


def _in_tasks(
    claim: Claim, live: Mapping[TaskKey, Any], steps: Mapping[int, list[tuple[str, ...]]]
) -> Iterator[Sentence]:
    for key in sorted({*claim.tasks, *live}, key=str):
        claimed, row = claim.tasks.get(key), live.get(key)
        if claimed is None:
            yield Sentence("the task {task} has no line of history", {"task": name_of(key)})
        elif row is None:
            yield Sentence(
                "history tells of the task {task}, it is missing", {"task": name_of(key)}
            )
        else:
            if row.subject != claim.subject:
                yield _differs(f"{name_of(key)} subject", claim.subject, row.subject)
            yield from _in_task(name_of(key), claimed, row, steps.get(row.id, []))


def _in_task(
    name: str, claimed: ClaimedTask, row: Any, steps: list[tuple[str, ...]]
) -> Iterator[Sentence]:
    told = (claimed.state, claimed.version, claimed.assignee, claimed.due_on)
    found = (row.state, row.version, row.assignee_id, row.due_on)
    if told != found:  # hardly ever
        yield from _unlike(name, ("state", "version", "assignee", "due_on"), told, found)
    ledger = [tuple(map(str, step)) for step in claimed.steps]
    if ledger != steps:
        yield _differs(f"{name} deadline", _ledger(ledger), _ledger(steps))


def _ledger(steps: Sequence[tuple[str, ...]]) -> str:
    return ", ".join(f"{kind} {day} ({shift})" for kind, day, shift in steps)


_owner = either(
    (col(Task.case_id).is_not(None), literal("case:").concat(cast(col(Task.case_id), String))),
    else_=col(Task.subject),
).label("owner")
"""The subject that a task counts for: its case says so, whatever else somebody wrote beside it."""


def _of(claims: Sequence[Claim]) -> ColumnElement[bool]:
    """The tasks of these subjects, found by the index of their cases."""
    cases = [_number(claim) for claim in claims if claim.kind == "case"]
    subjects = [claim.subject for claim in claims]
    return or_(
        col(Task.case_id).in_(cases),
        and_(col(Task.case_id).is_(None), col(Task.subject).in_(subjects)),
    )


def _live_tasks(session: Session, claims: Sequence[Claim]) -> Mapping[str, Mapping[TaskKey, Any]]:
    statement = select(
        col(Task.id),
        col(Task.subject),
        _owner,
        col(Task.cycle_id),
        col(Task.milestone),
        col(Task.turn),
        _raw(Task.state, "state"),
        _raw(Task.version, "version"),
        _raw(Task.assignee_id, "assignee_id"),
        _raw(Task.due_on, "due_on"),
    ).where(_of(claims))
    found: dict[str, dict[TaskKey, Any]] = defaultdict(dict)
    for row in session.connection().execute(statement).all():
        found[row.owner][row.cycle_id, row.milestone, row.turn] = row
    return found


def _live_steps(session: Session, claims: Sequence[Claim]) -> Mapping[int, list[tuple[str, ...]]]:
    statement = (
        select(
            col(DeadlineStep.task_id),
            _raw(DeadlineStep.kind, "kind"),
            _raw(DeadlineStep.due_on, "due_on"),
            _raw(DeadlineStep.body, "body"),
        )
        .join(Task, col(Task.id) == col(DeadlineStep.task_id))
        .where(_of(claims))
        .order_by(col(DeadlineStep.task_id), col(DeadlineStep.seq))
    )
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for task_id, kind, due_on, stored in session.connection().execute(statement).all():
        body = _read(stored) if isinstance(stored, str) else stored
        said = (body.get("kind"), body.get("due_on"))
        day = str(due_on) if said == (kind, str(due_on)) else f"{due_on}/{body.get('due_on')}"
        found[task_id].append((str(kind), day, str(body.get("shift"))))
    return found


@lru_cache(maxsize=4096)
def _read(body: str) -> Mapping[str, Any]:
    """A step as SQLite keeps it; thousands of tasks share the text of theirs."""
    read: Mapping[str, Any] = json.loads(body)
    return read


# --- decisions ------------------------------------------------------------------------------------


def _in_decisions(claim: Claim, live: Sequence[Any]) -> Iterator[Sentence]:
    if len(claim.decisions) != len(live):
        yield _differs("decisions", str(len(claim.decisions)), str(len(live)))
        return
    for number, (claimed, row) in enumerate(zip(claim.decisions, live, strict=True), 1):
        told = (claimed.kind, claimed.actor, claimed.at)
        found = (row.kind, f"person:{row.decided_by}", stored_moment(row.decided_at))
        yield from _unlike(f"decision {number}", ("kind", "decided_by", "decided_at"), told, found)
        for name in ("value", "basis"):
            if not _is_committed(claimed, name, getattr(row, name)):
                yield Sentence(
                    "decision {number}: the words “{name}” are not those that history commits to",
                    {"number": number, "name": name},
                )


def _is_committed(claimed: ClaimedDecision, name: str, said: str) -> bool:
    salt = claimed.salts.get(name)  # erased with the words: nothing is left to compare with
    return salt is None or claimed.commitments.get(name) == commitment(salt, said)


def _live_decisions(session: Session, claims: Sequence[Claim]) -> Mapping[str, Sequence[Any]]:
    ids = [_number(claim) for claim in claims if claim.kind == "case"]
    statement = (
        select(
            col(Decision.case_id),
            col(Decision.kind),
            col(Decision.value),
            col(Decision.basis),
            col(Decision.decided_by),
            _raw(Decision.decided_at, "decided_at"),
        )
        .where(col(Decision.case_id).in_(ids))
        .order_by(col(Decision.id))
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.connection().execute(statement).all() if ids else ():
        found[f"case:{row.case_id}"].append(row)
    return found


def _said(value: object, *, is_moment: bool = False) -> str | None:
    """A value as a finding tells it; both sides are compared in this form."""
    if value is None:
        return None
    if is_moment or isinstance(value, datetime):
        return _readable_moment(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _readable_moment(value: object) -> str | None:
    try:
        return stored_moment(value)
    except ValueError:
        return str(value)


def _unlike(
    name: str, fields: Sequence[str], told: Sequence[object], found: Sequence[object]
) -> Iterator[Sentence]:
    """The fields in which both sides say different things."""
    for field, left, right in zip(fields, map(_said, told), map(_said, found), strict=True):
        if left != right:
            yield _differs(f"{name} {field}", left, right)


def _differs(name: str, told: str | None, found: str | None) -> Sentence:
    return Sentence(
        "{field}: history says {told}, the row says {found}",
        {"field": name, "told": told or "nothing", "found": found or "nothing"},
    )
