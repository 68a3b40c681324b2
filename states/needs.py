"""What a move needs: a closed list of predicates; a programme picks from it, with parameters and words.

Pure: plain facts in, every unmet need out, as sentences that wait for the reader's language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from opora.words import Sentence, Words


class NeedKind(StrEnum):
    """The closed list. A programme may not invent another."""

    BASIS = "basis"  # the act (order, protocol) that the person names with the move
    REMARKS = "remarks"  # words for those who have to redo the work
    OUTCOME = "outcome"  # how the case ends
    CURATOR = "curator"  # a personal curator is in place (S0-11)
    DOCUMENT = "document"  # `of`: kind of document, accepted, at least `at_least`
    DECISION = "decision"  # `of`: kind of decision recorded on the case
    TASKS_ACCEPTED = "tasks_accepted"  # every task of the stage is accepted or cancelled
    MILESTONE = "milestone"  # `of`: milestone whose task is accepted (e.g. the final phase)
    PLAN = "plan"  # the plan of measures is approved
    RECORD = "record"  # `of`: kind of record that stands, or was attended, at least `at_least`


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One condition of one move. `words`, when given, replace the house's own sentence."""

    need: NeedKind
    of: str | None = None
    at_least: int = 1
    each: str | None = None  # of a record: its choice, of which so many different ones are needed
    words: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What must be known of a case to judge a move; plain values, no rows."""

    basis: str = ""
    remarks: str = ""
    outcome: str | None = None
    has_curator: bool = False
    documents: Mapping[str, int] = field(default_factory=dict)  # kind -> accepted pieces
    decisions: frozenset[str] = frozenset()
    unfinished: Sequence[
        Words | str
    ] = ()  # titles of the stage's tasks neither accepted nor cancelled
    milestones: frozenset[str] = frozenset()  # milestones whose task is accepted
    records: Mapping[str, int] = field(default_factory=dict)  # kind -> records that count
    choices: Mapping[str, int] = field(default_factory=dict)  # kind.field -> different ones in them
    has_plan: bool = False  # an approved one
    titles: Mapping[str, Words] = field(
        default_factory=dict
    )  # words of documents, decisions, milestones


def unmet(needs: Sequence[Need], facts: CaseFacts) -> list[Sentence]:
    """Every need that does not hold, in the order the programme lists them."""
    return [sentence for need in needs if (sentence := _why_not(need, facts)) is not None]


def _why_not(need: Need, facts: CaseFacts) -> Sentence | None:
    sentence = _SENTENCES[need.need](need, facts)
    if sentence is not None and need.words is not None:
        return Sentence("{words}", {"words": need.words})
    return sentence


def _basis(_: Need, facts: CaseFacts) -> Sentence | None:
    return None if facts.basis.strip() else Sentence("no act is named as the basis")


def _remarks(_: Need, facts: CaseFacts) -> Sentence | None:
    return None if facts.remarks.strip() else Sentence("no remarks say what is to be redone")


def _outcome(_: Need, facts: CaseFacts) -> Sentence | None:
    return None if facts.outcome else Sentence("no outcome is named")


def _curator(_: Need, facts: CaseFacts) -> Sentence | None:
    return None if facts.has_curator else Sentence("no curator is assigned to the school")


def _document(need: Need, facts: CaseFacts) -> Sentence | None:
    kind = need.of or ""
    have = facts.documents.get(kind, 0)
    if have >= need.at_least:
        return None
    return Sentence(
        "no accepted document “{title}” ({have} of {wanted})",
        {"title": facts.titles.get(kind, kind), "have": have, "wanted": need.at_least},
    )


def _decision(need: Need, facts: CaseFacts) -> Sentence | None:
    kind = need.of or ""
    if kind in facts.decisions:
        return None
    return Sentence("no decision “{title}” is recorded", {"title": facts.titles.get(kind, kind)})


def _tasks_accepted(_: Need, facts: CaseFacts) -> Sentence | None:
    if not facts.unfinished:
        return None
    return Sentence(
        "{count} of the stage's tasks are not accepted yet: {tasks}",
        {"count": len(facts.unfinished), "tasks": tuple(facts.unfinished)},
    )


def _milestone(need: Need, facts: CaseFacts) -> Sentence | None:
    key = need.of or ""
    if key in facts.milestones:
        return None
    return Sentence(
        "the milestone “{title}” is not accepted yet", {"title": facts.titles.get(key, key)}
    )


def _record(need: Need, facts: CaseFacts) -> Sentence | None:
    kind = need.of or ""
    have = facts.records.get(kind, 0)
    if need.each is not None:
        have = facts.choices.get(f"{kind}.{need.each}", 0)
    if have >= need.at_least:
        return None
    return Sentence(
        "“{title}”: {have} of {wanted} on record",
        {"title": facts.titles.get(kind, kind), "have": have, "wanted": need.at_least},
    )


def _plan(_: Need, facts: CaseFacts) -> Sentence | None:
    return None if facts.has_plan else Sentence("the plan of measures is not approved yet")


_SENTENCES = {
    NeedKind.BASIS: _basis,
    NeedKind.REMARKS: _remarks,
    NeedKind.OUTCOME: _outcome,
    NeedKind.CURATOR: _curator,
    NeedKind.DOCUMENT: _document,
    NeedKind.DECISION: _decision,
    NeedKind.TASKS_ACCEPTED: _tasks_accepted,
    NeedKind.MILESTONE: _milestone,
    NeedKind.PLAN: _plan,
    NeedKind.RECORD: _record,
}
