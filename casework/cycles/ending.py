"""How cases' years end: the programme's rule proposes with grounds, a person decides each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from analysis.exiting import Proposal, propose
from analysis.judging import cohort_of
from analysis.school_facts import SchoolFacts
from casework.access import case_for, require, require_open
from casework.acting import Acting
from casework.cases.moving import Request, move_case
from casework.cycles.versions import programme_of
from casework.grants import Right
from casework.judgement.identifying import ground_row
from casework.judgement.known_facts import school_facts
from models.case import Case, Decision, ExitProposal
from models.cycle import Cycle
from models.history import HistoryLine, append
from models.school import School
from opora.errors import Forbidden, InputRefused, NotReady
from opora.words import Sentence
from programmes.definition import Programme
from states.stage import Move, Outcome, Stage

EXIT_OUTCOME = "exit_outcome"
"""The kind of the decision on how a case's year ends; the house's own, beside the programme's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """One case's proposal as it is kept. `decided` is the outcome that a person chose, if any."""

    case: int
    school: str
    name: str
    stage: Stage
    facts_year: int
    years: int
    outcome: Outcome | None
    reasons: tuple[str, ...]
    grounds: tuple[Any, ...]
    decided: Outcome | None


def propose_exits(
    session: Session, cycle: Cycle, acting: Acting, *, facts_year: int | None = None
) -> list[Proposed]:
    """A proposal for each case that has not ended; the same rules over the same facts add nothing.

    Judged are the facts of the year that follows the cycle's, unless another one is named.
    """
    require(session, acting, Right.CLOSE_CYCLE, cycle.register_key)
    require_open(cycle)
    programme, year = programme_of(session, cycle), facts_year or cycle.year + 1
    if not programme.identification.exits:
        raise NotReady(
            what=Sentence("The programme has no rule for exits"),
            cure=Sentence("Decide each case by hand: opora case decide-exit"),
        )
    facts = {one.school: one for one in school_facts(session, programme, year)}
    cohort = cohort_of(programme.identification, facts.values(), year)
    counted, standing = years_of(session, cycle), newest_proposals(session, cycle)
    for case, school in running(session, cycle):
        known = facts.get(school.code) or SchoolFacts(school=school.code, territory="")
        years = counted[case.school_id]
        found = propose(programme.identification, known, year, years=years, cohort=cohort)
        row = _row(case, programme, found, year, years, at=acting.at)
        if not _is_same(standing.get(case.id or 0), row):
            _keep(session, row, acting)
    return proposals(session, cycle)


def running(session: Session, cycle: Cycle) -> Sequence[tuple[Case, School]]:
    """The cases of the cycle that have not reached their exit, with their schools."""
    rows = session.exec(
        select(Case, School)
        .join(School, col(School.id) == col(Case.school_id))
        .where(Case.cycle_id == cycle.id, Case.stage != Stage.EXITED)
        .order_by(col(Case.id))
    )
    return rows.all()


def years_of(session: Session, cycle: Cycle) -> Mapping[int, int]:
    """School → how many years it has been in this programme, the cycle's own included."""
    of_cycle = select(Case.school_id).where(Case.cycle_id == cycle.id)
    rows = session.exec(
        select(Case.school_id, func.count(func.distinct(Cycle.year)))
        .join(Cycle, col(Cycle.id) == col(Case.cycle_id))
        .where(
            Cycle.programme_key == cycle.programme_key,
            Cycle.year <= cycle.year,
            col(Case.school_id).in_(of_cycle),
        )
        .group_by(col(Case.school_id))
    )
    return dict(rows.all())


def newest_proposals(session: Session, cycle: Cycle) -> dict[int, ExitProposal]:
    """Case → the proposal that stands."""
    rows = session.exec(
        select(ExitProposal)
        .join(Case, col(Case.id) == col(ExitProposal.case_id))
        .where(Case.cycle_id == cycle.id)
        .order_by(col(ExitProposal.id))
    )
    return {row.case_id: row for row in rows}


def decided_outcomes(session: Session, cycle: Cycle) -> dict[int, Outcome]:
    """Case → the outcome that a person decided last."""
    rows = session.exec(
        select(Decision.case_id, Decision.value)
        .join(Case, col(Case.id) == col(Decision.case_id))
        .where(Case.cycle_id == cycle.id, Decision.kind == EXIT_OUTCOME)
        .order_by(col(Decision.id))
    )
    return {case_id: Outcome(value) for case_id, value in rows}


def proposals(session: Session, cycle: Cycle) -> list[Proposed]:
    """Every case that has not ended, with what is proposed and what is decided."""
    newest, decided = newest_proposals(session, cycle), decided_outcomes(session, cycle)
    return [
        Proposed(
            case=case.id or 0,
            school=school.code,
            name=school.name,
            stage=case.stage,
            facts_year=one.facts_year,
            years=one.years,
            outcome=one.outcome,
            reasons=tuple(one.reasons),
            grounds=tuple(one.grounds),
            decided=decided.get(case.id or 0),
        )
        for case, school in running(session, cycle)
        if (one := newest.get(case.id or 0)) is not None
    ]


def _row(
    case: Case, programme: Programme, found: Proposal, year: int, years: int, *, at: datetime
) -> ExitProposal:
    return ExitProposal(
        case_id=case.id or 0,
        programme_sha256=programme.sha256,
        facts_year=year,
        years=years,
        outcome=found.outcome,
        reasons=list(found.reasons),
        grounds=[ground_row(one) for one in found.grounds],
        proposed_at=at,
    )


def _said(row: ExitProposal) -> dict[str, Any]:
    names = ("programme_sha256", "facts_year", "years", "outcome", "reasons", "grounds")
    return {name: getattr(row, name) for name in names}


def _is_same(before: ExitProposal | None, row: ExitProposal) -> bool:
    return before is not None and _said(before) == _said(row)


def _keep(session: Session, row: ExitProposal, acting: Acting) -> None:
    append(session, acting.deed(f"case:{row.case_id}", "propose_exit", values=_said(row)))
    session.add(row)
    session.flush()


# --- a person decides -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a person says of a case's end; without an outcome, what is proposed."""

    outcome: Outcome | None = None
    basis: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided and what had been proposed; `line` is the line of the case's history."""

    outcome: Outcome
    proposed: Outcome | None
    line: int
    programme: Programme


def decide_exit(session: Session, case_id: int, ending: Ending, acting: Acting) -> Decided:
    """Decide how the case's year ends, wherever it stands; another end than the proposed one says why.

    Proposal and decision are both kept. Raises `Forbidden`, `InputRefused`, `NotReady`.
    """
    held = case_for(session, acting, case_id, Right.DECIDE)
    if not set(held.programme.roles_for(Move.EXIT)) & set(held.roles):
        raise Forbidden(person=acting.called, deed=Move.EXIT.value)
    held.acts_by(held.programme.roles_for(Move.EXIT), acting)
    if held.case is None or held.case.stage is Stage.EXITED:
        raise NotReady(
            what=Sentence("The case {case} has ended already", {"case": case_id}),
            cure=Sentence("An exit made by mistake is undone by the move reopen."),
        )
    proposed = _proposed(session, case_id)
    before = proposed.outcome if proposed else None
    chosen = _chosen(ending, before, held.programme)
    values = {
        "kind": EXIT_OUTCOME,
        "outcome": chosen,
        "proposed": before,
        "proposal": proposed.id if proposed else None,
    }
    words = {"value": chosen.value, "basis": ending.basis, "reason": ending.reason}
    line = append(
        session, acting.deed(f"case:{case_id}", "decide_exit", values=values, words=words)
    )
    session.add(
        Decision(
            case_id=case_id,
            kind=EXIT_OUTCOME,
            value=chosen.value,
            basis=ending.basis,
            decided_by=(acting.person.id or 0) if acting.person else 0,
            decided_at=acting.at,
        )
    )
    session.flush()
    return Decided(outcome=chosen, proposed=before, line=line.seq, programme=held.programme)


def _proposed(session: Session, case_id: int) -> ExitProposal | None:
    return session.exec(
        select(ExitProposal)
        .where(ExitProposal.case_id == case_id)
        .order_by(col(ExitProposal.id).desc())
    ).first()


def _chosen(ending: Ending, proposed: Outcome | None, programme: Programme) -> Outcome:
    chosen = ending.outcome or proposed
    if chosen is None:
        cure = Sentence("Nothing can be proposed for this case: name the outcome.")
        raise InputRefused(field="outcome", value="", cure=cure)
    if chosen is Outcome.WITHDRAWN:
        cure = Sentence("A case is withdrawn by the move withdraw.")
        raise InputRefused(field="outcome", value=chosen, cure=cure)
    if not ending.basis.strip():
        cure = Sentence("A decision says what was decided, and on what basis.")
        raise InputRefused(field="basis", value=ending.basis, cure=cure)
    if proposed is not None and proposed is not chosen and not ending.reason.strip():
        told = {"proposed": programme.words(proposed)}
        cure = Sentence("The rule proposes {proposed}: say why it ends otherwise.", told)
        raise InputRefused(field="reason", value="", cure=cure)
    return chosen


def exit_case(session: Session, case_id: int, request: Request, acting: Acting) -> HistoryLine:
    """The move `exit`; without an outcome of its own, the one that is decided, or else proposed."""
    if request.outcome is None:
        case_for(session, acting, case_id)
        request = replace(request, outcome=_outcome_of(session, case_id))
    return move_case(session, case_id, Move.EXIT, request, acting)


def _outcome_of(session: Session, case_id: int) -> Outcome | None:
    decided = session.exec(
        select(Decision.value)
        .where(Decision.case_id == case_id, Decision.kind == EXIT_OUTCOME)
        .order_by(col(Decision.id).desc())
    ).first()
    proposed = _proposed(session, case_id)
    return Outcome(decided) if decided else proposed.outcome if proposed else None
