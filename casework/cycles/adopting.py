"""A running cycle is moved to another version of its programme: checked, shown, then done case by case."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from casework.access import require, require_open
from casework.acting import Acting
from casework.cycles.replanning import Change, Replanning, Versions, carry_out, replanning
from casework.cycles.versions import keep, programme_at, programme_of
from casework.grants import Right
from casework.letters.announcing import shared_letters
from casework.letters.announcing_adoption import tell_of_adoption
from casework.passes import Chunk, begin, each
from casework.people.responsible import Place, responsible
from casework.portions import ahead
from casework.records.record_versions import unreadable
from casework.tasks.planning import Subject
from models.case import Case, Decision
from models.cycle import Cycle
from models.history import append
from models.pass_run import PassRun, PassState
from models.school import School, Territory
from models.task import Task
from opora.errors import InputRefused, NotReady
from opora.words import Sentence, Words
from programmes.course_checks import FORWARD
from programmes.definition import Programme
from programmes.milestones import Scope
from states.needs import Need, NeedKind
from states.stage import Move, Stage
from states.task_machine import TaskState

KIND = "adopt_programme"
CHUNK = 250


class AdoptionRefused(NotReady):
    """{what}. {cure}"""

    def __init__(self, unmet: Sequence[Sentence]) -> None:
        super().__init__(
            what=Sentence("The cycle cannot go over to this version of the programme"),
            cure=Sentence("Correct the programme, or finish these first:"),
        )
        self.unmet = tuple(unmet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What going over changes; `pass_id` is the pass that does it, None in a preview."""

    cycle: int
    was: str
    now: str
    moves: tuple[Move, ...]
    milestones: Mapping[str, str]
    changes: tuple[Change, ...] = field(default=())
    pass_id: int | None = None


def adopt(
    session: Session, cycle: Cycle, new: Programme, acting: Acting, *, dry_run: bool
) -> Adoption:
    """Pin the cycle to `new`; the pass that is begun brings each case along. A dry run only tells.

    Raises `AdoptionRefused` naming every case that would stand where no way leads on.
    """
    require(session, acting, Right.ADOPT_PROGRAMME, cycle.register_key)
    session.refresh(cycle, with_for_update=True)
    require_open(cycle)
    _is_the_same(cycle, new)
    old = programme_of(session, cycle)
    if old.sha256 == new.sha256:
        return _as_it_is(session, cycle)
    if _unfinished(session, cycle) is not None:  # a second would pass over what the first opens
        raise NotReady(
            what=Sentence("The cycle is still going over to the version before"),
            cure=Sentence("It goes on by itself; ask again in a minute"),
        )
    versions = _versions(cycle, old, new, acting)
    if unmet := list(_impossible(session, versions)):
        raise AdoptionRefused(unmet)
    changes = tuple(
        change
        for subjects in (_of_cases(session, versions), _wide(session, versions))
        for one in subjects
        for change in one.changes
    )
    found = Adoption(
        cycle=cycle.id or 0,
        was=old.sha256,
        now=new.sha256,
        moves=tuple(m for m in Move if old.course.moves.get(m) != new.course.moves.get(m)),
        milestones=_milestones(old, new),
        changes=changes,
    )
    return found if dry_run else _pinned(session, versions, found, acting)


def _is_the_same(cycle: Cycle, new: Programme) -> None:
    if (new.key, new.register) != (cycle.programme_key, cycle.register_key):
        cure = Sentence("The cycle belongs to {key}.", {"key": cycle.programme_key})
        raise InputRefused(field="programme", value=new.key, cure=cure)


def _unfinished(session: Session, cycle: Cycle) -> int | None:
    """The cycle's adoption whose pass has not come to its end."""
    runs = session.exec(
        select(PassRun).where(
            PassRun.kind == KIND,
            PassRun.state == PassState.RUNNING,
            col(PassRun.parent_id).is_(None),
        )
    ).all()
    return next((run.id for run in runs if run.arguments["cycle"] == cycle.id), None)


def _as_it_is(session: Session, cycle: Cycle) -> Adoption:
    """The version in force; where its pass was cut short, that pass."""
    left, sha256 = _unfinished(session, cycle), cycle.programme_sha256
    return Adoption(
        cycle=cycle.id or 0, was=sha256, now=sha256, moves=(), milestones={}, pass_id=left
    )


def _versions(cycle: Cycle, old: Programme, new: Programme, acting: Acting) -> Versions:
    return Versions(cycle=cycle, old=old, new=new, on=acting.on(new.zone), by=acting.name)


def _milestones(old: Programme, new: Programme) -> dict[str, str]:
    """Milestones that the versions say differently, whether or not anybody stands there now."""
    before = {one.key: one for one in old.milestones}
    after = {one.key: one for one in new.milestones}
    return {
        key: "added" if key not in before else "removed" if key not in after else "changed"
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    }


def _pinned(session: Session, versions: Versions, found: Adoption, acting: Acting) -> Adoption:
    cycle, new = versions.cycle, versions.new
    keep(session, new, at=acting.at)
    values = {"from": found.was, "to": found.now, "changes": len(found.changes)}
    line = append(session, acting.deed(f"cycle:{cycle.id}", KIND, values=values))
    cycle.programme_sha256 = new.sha256
    session.add(cycle)
    arguments = {
        "cycle": cycle.id,
        "from": found.was,
        "to": found.now,
        "last_task": session.exec(select(func.max(Task.id))).one(),
        "person": acting.person.id if acting.person else None,
    }
    run = begin(session, KIND, f"{cycle.id}:{line.seq}", arguments=arguments, at=acting.at)
    session.flush()
    return replace(found, pass_id=run.id)


# --- who stands where -----------------------------------------------------------------------------


def _rows(
    session: Session, cycle: Cycle, *which: ColumnElement[bool], limit: int | None = None
) -> list[Case]:
    """The next cases before their exit; a limited look is for a deed, and locks them."""
    statement = (
        select(Case)
        .where(Case.cycle_id == cycle.id, Case.stage != Stage.EXITED, *which)
        .order_by(col(Case.id))
        .limit(limit)
    )
    return list(session.exec(statement if limit is None else statement.with_for_update()).all())


def _of_cases(session: Session, versions: Versions) -> Iterator[Replanning]:
    for case in _rows(session, versions.cycle):
        yield _of_case(session, versions, case)


def _of_case(session: Session, versions: Versions, case: Case) -> Replanning:
    school = session.get_one(School, case.school_id)
    place = Place(school_id=school.id, territory_id=school.territory_id)
    subject = Subject(chain=f"case:{case.id}", place=place, case_id=case.id)
    tasks = session.exec(select(Task).where(Task.case_id == case.id).order_by(col(Task.id))).all()
    found = replanning(session, versions, subject, tasks, scope=Scope.CASE, case=case)
    return _placed(found, school.code)


def _wide(session: Session, versions: Versions) -> Iterator[Replanning]:
    """Municipalities that have tasks in the cycle, and the region."""
    by_subject: dict[str, list[Task]] = {f"cycle:{versions.cycle.id}": []}
    rows = session.exec(
        select(Task)
        .where(Task.cycle_id == versions.cycle.id, col(Task.case_id).is_(None))
        .order_by(col(Task.id))
    )
    for task in rows:
        by_subject.setdefault(task.subject, []).append(task)
    for chain, tasks in by_subject.items():
        territory = tasks[0].territory_id if tasks else None
        scope = Scope.REGION if territory is None else Scope.MUNICIPALITY
        code = session.get_one(Territory, territory).code if territory is not None else None
        subject = Subject(chain=chain, place=Place(territory_id=territory))
        yield _placed(replanning(session, versions, subject, tasks, scope=scope), code)


def _placed(found: Replanning, code: str | None) -> Replanning:
    """With the school or municipality that each change is about, for who reads the list."""
    changes = tuple(replace(one, place=code) for one in found.changes)
    return replace(found, changes=changes)


def _impossible(session: Session, versions: Versions) -> Iterator[Sentence]:
    """Everything that the new version would leave without a way on."""
    cycle, new = versions.cycle, versions.new
    decided = session.exec(
        select(Decision.kind)
        .join(Case, col(Case.id) == col(Decision.case_id))
        .where(Case.cycle_id == cycle.id, col(Decision.kind).in_(list(versions.old.decisions)))
        .distinct()
    ).all()
    for kind in sorted(set(decided) - new.decisions.keys()):
        words = versions.old.words(f"decision.{kind}")
        yield Sentence("decisions of a kind that is left out: {words}", {"words": words})
    yield from unreadable(session, cycle, versions.old, new)
    known = {milestone.key for milestone in new.milestones}
    rows = session.exec(select(Task).where(Task.cycle_id == cycle.id).order_by(col(Task.id))).all()
    live: dict[int | None, set[str]] = {}
    for task in rows:
        if task.state is TaskState.SUBMITTED and task.milestone not in known:
            told = {"subject": task.subject, "task": task.id}
            yield Sentence("{subject}: task {task} is handed in and would be left out", told)
        if task.state is not TaskState.CANCELLED:
            live.setdefault(task.case_id, set()).add(task.milestone)
    for case in _rows(session, cycle):
        there = live.get(case.id, set())
        before = {need.of for need in _lost(versions.old, case, there)}
        for need in _lost(new, case, there):
            if need.of in before:
                continue
            stands = {"case": case.id, "stage": new.words(case.stage), "need": _title(new, need)}
            yield Sentence("case {case} ({stage}): {need} is needed and behind it", stands)


def _title(programme: Programme, need: Need) -> Words | str:
    """The document or milestone that the need names, as people call it."""
    return programme.labels.get(f"{need.need}.{need.of}", need.of or "")


def _lost(new: Programme, case: Case, there: set[str]) -> Iterator[Need]:
    """Needs of moves to come whose only milestones lie at stages that the case has passed."""
    order = list(Stage)
    position = order.index(case.stage)
    for move, source in FORWARD.items():
        if order.index(source) < position:
            continue
        for need in new.needs_of(move):
            giving = {
                milestone.key: milestone
                for milestone in new.milestones
                if (need.need is NeedKind.MILESTONE and milestone.key == need.of)
                or (
                    need.need is NeedKind.DOCUMENT
                    and milestone.evidence is not None
                    and milestone.evidence.document == need.of
                )
            }
            ahead = any(order.index(m.stage) >= position for m in giving.values())
            if giving and not ahead and not giving.keys() & there:
                yield need


# --- the pass -------------------------------------------------------------------------------------


def adopt_cases(session: Session, run: PassRun, acting: Acting) -> Chunk:
    """One chunk of the pass: the next cases go over; at its end municipalities and the region."""
    cycle = session.get_one(Cycle, run.arguments["cycle"])
    old = programme_at(session, run.arguments["from"])
    new = programme_at(session, run.arguments["to"])
    last_task = run.arguments["last_task"]
    versions = replace(_versions(cycle, old, new, acting), last_task=last_task)
    fallback = (acting.person.id or 0) if acting.person else 0
    people = responsible(session, cycle.register_key, on=versions.on, fallback=fallback)
    cases = _rows(session, cycle, ahead(run, col(Case.id)), limit=CHUNK)
    counts = {"cases": 0, "changed": 0}
    doers: set[int] = set()

    def bring(case: Case) -> None:
        write(_of_case(session, versions, case))

    def write(found: Replanning) -> None:
        doers.update(carry_out(session, versions, found, people, acting))
        counts["changed"] += bool(found.changes)

    if not cases and run.parent_id is not None:
        return Chunk(cursor=None)
    if not cases:
        for one in _wide(session, versions):
            write(one)
        shared_letters(session, new, cycle, doers, acting)
        tell_of_adoption(session, run, cycle, new, acting)
        return Chunk(cursor=None, counts=counts)

    counts["cases"], refused = each(
        session, ((f"case:{case.id}", partial(bring, case)) for case in cases)
    )
    shared_letters(session, new, cycle, doers, acting)
    return Chunk(cursor=cases[-1].id, counts=counts, refused=refused)
