"""School plans: what their lines claim, and where the live row differs from it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from audit.lines import Body, Salted
from models.plan import SchoolPlan
from opora.errors import HistoryBroken
from opora.words import Sentence

Claims = dict[str, Any]
"""The plan of one case: version, state, endorsed; empty while nothing was handed in."""


def _handed_in(claims: Claims, body: Body, _: Salted) -> None:
    values = body["values"]
    if values["plan_version"] != claims.get("plan_version", 0) + 1:
        raise HistoryBroken(what=Sentence("the line leaves out a version of the plan"))
    claims.update(_of(values))


def _judged(claims: Claims, body: Body, _: Salted) -> None:
    values = body["values"]
    if values["plan_version"] != claims.get("plan_version"):
        raise HistoryBroken(what=Sentence("the line speaks of another version of the plan"))
    claims.update(_of(values))


def _of(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: values[name] for name in ("plan_version", "plan_state", "endorsed")}


DEEDS: Mapping[str, Callable[[Claims, Body, Salted], None]] = {
    "submit_plan": _handed_in,
    "review_plan": _judged,
    "approve_plan": _judged,
}


def live_plans(session: Session, subjects: Sequence[str]) -> Mapping[str, Claims]:
    """Subject → the row of its plan, as claims say it."""
    cases = [int(one.partition(":")[2]) for one in subjects if one.startswith("case:")]
    rows = session.exec(select(SchoolPlan).where(col(SchoolPlan.case_id).in_(cases))).all()
    return {
        f"case:{one.case_id}": {
            "plan_version": one.version,
            "plan_state": one.state.value,
            "endorsed": one.endorsed,
        }
        for one in rows
    }


def in_plans(subject: str, claims: Claims, live: Mapping[str, Claims]) -> Iterator[Sentence]:
    """Every difference between the row and what history says."""
    row = live.get(subject, {})
    for name in sorted(claims.keys() | row.keys()):
        if row.get(name) != claims.get(name):
            yield Sentence("the plan: “{name}” is not what history says", {"name": name})
