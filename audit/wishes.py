"""Requests for a later day: what their lines claim, and where the live rows differ from it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from sqlalchemy import select
from sqlmodel import Session, col

from audit.lines import Body, Salted
from models.task import ExtensionRequest, Task
from opora.canonical import commitment
from opora.errors import HistoryBroken
from opora.words import Sentence

Key: TypeAlias = tuple[int, str, int]
"""Cycle, milestone and turn of the task."""

_Committed: TypeAlias = tuple[str, bytes] | None
"""What history commits to, and the salt; None where the words were erased or never said."""


@dataclass(slots=True)
class ClaimedRequest:
    """A request as its lines leave it."""

    asked_by: str
    until: str
    reason: _Committed
    decided_by: str | None = None
    is_granted: bool | None = None
    remarks: _Committed = None


Claims: TypeAlias = dict[Key, list[ClaimedRequest]]


def _asked(claims: Claims, body: Body, words: Salted) -> None:
    asked = claims.setdefault(_key(body["values"]), [])
    if asked and asked[-1].is_granted is None:
        _contradiction("a later day is asked for while an earlier wish waits")
    until, reason = body["values"]["until"], _committed(body, words, "reason")
    asked.append(ClaimedRequest(body["actor"], until, reason))


def _granted(claims: Claims, body: Body, _: Salted) -> None:
    if body["values"]["asked_by"] is None:
        return  # nobody had to ask
    told = {**body["values"]["deadlines"][0], "cycle": body["values"]["cycle"]}
    request = _waiting(claims, told)
    request.is_granted, request.decided_by = True, body["actor"]


def _refused(claims: Claims, body: Body, words: Salted) -> None:
    request = _waiting(claims, body["values"])
    request.is_granted, request.decided_by = False, body["actor"]
    request.remarks = _committed(body, words, "remarks")


DEEDS: Mapping[str, Callable[[Claims, Body, Salted], None]] = {
    "ask_extension": _asked,
    "extend_task": _granted,
    "refuse_extension": _refused,
}


def _key(told: Mapping[str, Any]) -> Key:
    return told["cycle"], told["milestone"], told["turn"]


def _waiting(claims: Claims, told: Mapping[str, Any]) -> ClaimedRequest:
    asked = claims.get(_key(told), [])
    if not asked or asked[-1].is_granted is not None:
        _contradiction("a later day is granted or refused that nobody asked for")
    return asked[-1]


def _committed(body: Body, words: Salted, name: str) -> _Committed:
    if name not in body["words"] or name not in words:
        return None
    return body["words"][name], words[name][0]


def _contradiction(what: str) -> NoReturn:
    raise HistoryBroken(what=Sentence(what))


# --- the live rows --------------------------------------------------------------------------------


def in_requests(
    subject: str, claims: Claims, live: Mapping[str, Mapping[Key, Sequence[Any]]]
) -> Iterator[Sentence]:
    """Where the requests for tasks of one subject are not those that its lines tell."""
    rows = live.get(subject, {})
    for key in sorted({*claims, *rows}, key=str):
        told, found = claims.get(key, []), rows.get(key, [])
        same = len(told) == len(found) and all(map(_is_so, told, found))
        if not same:
            yield Sentence(
                "the requests for a later day of {task} are not those that history tells of",
                {"task": f"{key[1]}#{key[2]}"},
            )


def _is_so(claimed: ClaimedRequest, row: ExtensionRequest) -> bool:
    decided_by = f"person:{row.decided_by}" if row.decided_by is not None else None
    return (
        (claimed.asked_by, claimed.until) == (f"person:{row.asked_by}", row.until.isoformat())
        and (claimed.is_granted, claimed.decided_by) == (row.is_granted, decided_by)
        and _is_committed(claimed.reason, row.reason)
        and _is_committed(claimed.remarks, row.remarks)
    )


def _is_committed(claimed: _Committed, said: str) -> bool:
    return claimed is None or claimed[0] == commitment(claimed[1], said)


def live_requests(
    session: Session, subjects: Sequence[str]
) -> Mapping[str, Mapping[Key, Sequence[ExtensionRequest]]]:
    """Subject and task → its requests, in the order in which they were made."""
    statement = (
        select(
            ExtensionRequest,
            col(Task.subject),
            col(Task.cycle_id),
            col(Task.milestone),
            col(Task.turn),
        )
        .join(Task, col(Task.id) == col(ExtensionRequest.task_id))
        .where(col(Task.subject).in_(subjects))
        .order_by(col(ExtensionRequest.id))
    )
    found: dict[str, dict[Key, list[ExtensionRequest]]] = defaultdict(lambda: defaultdict(list))
    for request, subject, cycle, milestone, turn in session.execute(statement):
        found[subject][cycle, milestone, turn].append(request)
    session.expunge_all()
    return found
