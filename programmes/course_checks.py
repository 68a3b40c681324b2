"""What no single value shows: whether a case's course, its words and roles fit together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analysis.circles import circles
from opora.words import LANGUAGES, Sentence
from programmes.faults import Finding, Place, one_of, undeclared
from programmes.identity import Identity
from programmes.milestones import Course, Milestone, Opener, Scope
from schedules.due_rules import Anchor
from schedules.repeats import Every
from states.case_machine import RULES
from states.needs import Need, NeedKind
from states.role import Role
from states.stage import Move, Stage

_ORDER = {stage: position for position, stage in enumerate(Stage)}
FORWARD = {
    rule.move: rule.source
    for rule in RULES
    if _ORDER[rule.dest] == _ORDER[rule.source] + 1
    and rule.move not in {Move.WITHDRAW, Move.REOPEN}
}
"""The moves that lead a case one stage on, each with the stage it leaves."""

_CALLED = {
    NeedKind.DOCUMENT: Sentence("document"),
    NeedKind.DECISION: Sentence("decision"),
    NeedKind.MILESTONE: Sentence("milestone"),
}

_DOERS = {
    Scope.CASE: frozenset(Role) - {Role.AUDITOR},
    Scope.MUNICIPALITY: frozenset({Role.COORDINATOR, Role.OPERATOR}),
    Scope.REGION: frozenset({Role.OPERATOR}),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the course may refer to."""

    documents: frozenset[str]
    decisions: frozenset[str]
    milestones: Mapping[str, Milestone]


def check_course(course: Course) -> Iterator[Finding]:
    names = Names(
        frozenset(course.documents),
        frozenset(course.decisions),
        {milestone.key: milestone for milestone in course.milestones},
    )
    yield from _moves(course, names)
    for position, milestone in enumerate(course.milestones):
        yield from _milestone(course, names, position, milestone)
    yield from _phases(course)
    yield from _repeated(course)
    yield from _circular_deadlines(course)
    yield from _rungs(course)


def _moves(course: Course, names: Names) -> Iterator[Finding]:
    for move, source in FORWARD.items():
        if move not in course.moves:
            problem = Sentence(
                "no way leads on from the stage {source}: the move {move} is not named",
                {"source": source, "move": move},
            )
            cure = Sentence("Add {move} with its needs and roles.", {"move": move})
            yield ("moves",), problem, cure
    for made, rule in course.moves.items():
        place: Place = ("moves", made.value)
        if not rule.by:
            yield place, _nobody_makes(made), Sentence("Name at least one role in by.")
        for number, need in enumerate(rule.needs):
            yield from _need(names, (*place, "needs", number), made, need)


def _nobody_makes(move: Move) -> Sentence:
    if move in FORWARD:
        return Sentence(
            "nobody may make the move {move}, so that no case can reach its exit", {"move": move}
        )
    return Sentence("nobody may make the move {move}", {"move": move})


def _need(names: Names, place: Place, move: Move, need: Need) -> Iterator[Finding]:
    known = {
        NeedKind.DOCUMENT: names.documents,
        NeedKind.DECISION: names.decisions,
        NeedKind.MILESTONE: names.milestones.keys(),
    }.get(need.need)
    if need.at_least < 1:
        problem = Sentence("at_least is less than one")
        cure = Sentence("Write 1 or more.")
        yield (*place, "at_least"), problem, cure
    if known is None:
        if need.of is not None and need.need is not NeedKind.RECORD:  # see check_record_uses
            problem = Sentence("the need {need} takes no of", {"need": need.need})
            cure = Sentence("Remove it.")
            yield (*place, "of"), problem, cure
        return
    if need.of not in known:
        yield (*place, "of"), *undeclared(_CALLED[need.need], need.of, known)
    elif need.need is NeedKind.MILESTONE and move in FORWARD:
        milestone = names.milestones[need.of or ""]
        if _ORDER[milestone.stage] > _ORDER[FORWARD[move]]:
            problem = Sentence(
                "the milestone {of} begins only at {stage}, after this move",
                {"of": need.of, "stage": milestone.stage},
            )
            cure = Sentence("No case could reach its exit: name an earlier milestone.")
            yield (*place, "of"), problem, cure


def _milestone(
    course: Course, names: Names, position: int, milestone: Milestone
) -> Iterator[Finding]:
    place: Place = ("milestones", position)
    if milestone.ladder not in course.ladders:
        yield (*place, "ladder"), *undeclared(Sentence("ladder"), milestone.ladder, course.ladders)
    document = milestone.evidence.document if milestone.evidence else None
    if document is not None and document not in names.documents:
        finding = undeclared(Sentence("document"), document, names.documents)
        yield (*place, "evidence", "document"), *finding
    yield from _anchor(names, place, milestone)
    yield from _repeats(course, place, milestone)
    yield from _at_least_once(place, milestone)
    yield from _people(place, milestone)
    if milestone.stage is Stage.EXITED:
        problem = Sentence("nothing is planned after the exit")
        yield (*place, "stage"), problem, Sentence("Name an earlier stage.")


def _anchor(names: Names, place: Place, milestone: Milestone) -> Iterator[Finding]:
    anchor = milestone.due.milestone
    if anchor is not None and anchor not in names.milestones:
        problem = Sentence(
            "the deadline counts from the milestone {anchor}, which is not declared",
            {"anchor": anchor},
        )
        yield (*place, "due"), problem, one_of(names.milestones)
    elif anchor is not None and not _planned_together(milestone, names.milestones[anchor]):
        problem = Sentence(
            "the deadline counts from {anchor}, which is of another stage or scope",
            {"anchor": anchor},
        )
        cure = Sentence("Count it from stage_entered, or from one planned with it.")
        yield (*place, "due"), problem, cure
    elif anchor is not None and names.milestones[anchor].repeats is not None:
        problem = Sentence(
            "the deadline counts from {anchor}, which comes again and again", {"anchor": anchor}
        )
        yield (*place, "due"), problem, Sentence("Count it from another anchor.")
    if milestone.due.needs == Anchor.RECORDED and milestone.opened_by is not Opener.RECORD:
        problem = Sentence("the deadline counts from a record, but no record opens it")
        cure = Sentence("Give it opened_by: record, or count from another anchor.")
        yield (*place, "due"), problem, cure


def _people(place: Place, milestone: Milestone) -> Iterator[Finding]:
    """Who does it, and who accepts it."""
    if milestone.approves is milestone.by:
        problem = Sentence(
            "{by} does the work and approves it: the author never accepts", {"by": milestone.by}
        )
        yield (*place, "approves"), problem, Sentence("Name another role, or leave approves out.")
    if milestone.by not in _DOERS[milestone.scope]:
        problem = Sentence(
            "{by} cannot do what is of the scope {scope}",
            {"by": milestone.by, "scope": milestone.scope},
        )
        yield (*place, "by"), problem, one_of(_DOERS[milestone.scope])


def _planned_together(one: Milestone, other: Milestone) -> bool:
    return (one.stage, one.scope) == (other.stage, other.scope)


def _repeats(course: Course, place: Place, milestone: Milestone) -> Iterator[Finding]:
    until = milestone.repeats.until if milestone.repeats else None
    if until is not None and until.needs not in {*_OF_THE_CYCLE, None}:
        problem = Sentence(
            "it comes again until a day that counts from {needs}", {"needs": until.needs}
        )
        yield (*place, "repeats", "until"), problem, one_of(_OF_THE_CYCLE)
    if milestone.repeats is None or milestone.repeats.every is not Every.PHASE:
        return
    if not course.phases:
        problem = Sentence("it comes again every phase, and no phase has a day")
        cure = Sentence("Name the days: phases: {{interim: {{on: 01-20}}}}.")
        yield (*place, "repeats", "every"), problem, cure
    if milestone.due.milestone is not None or milestone.due.anchor == Anchor.KICK_OFF:
        problem = Sentence(
            "it comes again every phase, but its first day may move with the kick-off"
        )
        yield (*place, "due"), problem, one_of(_STANDING)


def _at_least_once(place: Place, milestone: Milestone) -> Iterator[Finding]:
    """The days between two times are counted over the cycles: what has no case, and a standing day."""
    if milestone.at_least_once_in_months is None:
        return
    here = (*place, "at_least_once_in_months")
    if milestone.scope is Scope.CASE or milestone.opened_by is not Opener.STAGE:
        problem = Sentence(
            "only what belongs to a municipality or the region goes on from cycle to cycle"
        )
        yield here, problem, Sentence("Give it the scope municipality or region, or repeats.")
    if milestone.repeats is not None:
        problem = Sentence("it comes again within the cycle, and at least so often over the cycles")
        yield here, problem, Sentence("Keep repeats or at_least_once_in_months.")
    if milestone.due.milestone is not None or milestone.due.needs not in {*_STANDING, None}:
        problem = Sentence(
            "its day may move, but at the latest it stands so long after the last time"
        )
        yield (*place, "due"), problem, one_of(_STANDING)


def _phases(course: Course) -> Iterator[Finding]:
    for phase, rule in course.phases.items():
        if rule.needs not in {*_STANDING, None}:
            problem = Sentence(
                "the phase {phase} counts from {needs}", {"phase": phase, "needs": rule.needs}
            )
            yield ("phases", phase), problem, one_of(_STANDING)


_OF_THE_CYCLE = frozenset(Anchor) - {Anchor.STAGE_ENTERED, Anchor.RECORDED}
_STANDING = _OF_THE_CYCLE - {Anchor.KICK_OFF}


def _repeated(course: Course) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, milestone in enumerate(course.milestones):
        if milestone.key in seen:
            problem = Sentence("the milestone {key} stands twice", {"key": milestone.key})
            yield ("milestones", position, "key"), problem, Sentence("Give it a key of its own.")
        seen.add(milestone.key)


def _circular_deadlines(course: Course) -> Iterator[Finding]:
    after = {one.key: [one.due.milestone] if one.due.milestone else [] for one in course.milestones}
    position = {milestone.key: n for n, milestone in enumerate(course.milestones)}
    for circle in circles(after):
        problem = Sentence(
            "the deadlines count from each other: {circle}",
            {"circle": " → ".join((*circle, circle[0]))},
        )
        cure = Sentence("Count one from another anchor.")
        yield ("milestones", position[circle[0]], "due"), problem, cure


def _rungs(course: Course) -> Iterator[Finding]:
    for key, ladder in course.ladders.items():
        seen: set[str] = set()
        for number, rung in enumerate(ladder):
            if rung.key in seen:
                problem = Sentence("the rung {key} stands twice in one ladder", {"key": rung.key})
                cure = Sentence("Give it a key of its own.")
                yield ("ladders", key, number, "key"), problem, cure
            seen.add(rung.key)


def check_languages(
    value: object, languages: tuple[str, ...], place: Place = ()
) -> Iterator[Finding]:
    """Every text for people is there in every language of the programme, and is not empty."""
    if isinstance(value, dict):
        if value and value.keys() <= {*LANGUAGES, *languages}:
            for language in languages:
                if not str(value.get(language) or "").strip():
                    problem = Sentence(
                        "the text in the language {language} is missing", {"language": language}
                    )
                    cure = Sentence("Add it under {language}.", {"language": language})
                    yield place, problem, cure
            return
        for key, part in value.items():
            yield from check_languages(part, languages, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from check_languages(part, languages, (*place, number))


def check_identity(identity: Identity) -> Iterator[Finding]:
    keys = [level.key for level in identity.territory.levels]
    if len(keys) != len(set(keys)):
        problem = Sentence("a level stands twice")
        cure = Sentence("Give each level a key of its own.")
        yield ("territory", "levels"), problem, cure
