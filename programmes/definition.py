"""A region's programme, read and checked: everything that the code above asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from analysis.cluster_rules import Clusters
from analysis.identification import Identification
from analysis.partner_rules import Partners
from opora.errors import InputRefused, NotFound
from opora.words import Sentence, Words, in_language
from programmes.faults import Fault
from programmes.identity import Act, Cycle, Identity, Territory
from programmes.import_profiles import ImportProfile, Profiles
from programmes.indicators import Indicators
from programmes.lists import Lists
from programmes.milestones import (
    Course,
    DocumentKind,
    Extension,
    Kind,
    Milestone,
    Opener,
    Phase,
    Scope,
)
from programmes.plans import Plan
from programmes.record_kinds import RecordKind, Records
from programmes.wordbook import Wordbook
from schedules.ladders import Rung
from schedules.working_calendar import CalendarDefinition, WorkingCalendar
from states.needs import Need
from states.role import Role
from states.stage import Move, Outcome, Stage

_Kept = TypeVar("_Kept")

_KIND_OF_LABEL: dict[type[StrEnum], str] = {
    Stage: "stage",
    Move: "move",
    Outcome: "outcome",
    Role: "role",
}


@dataclass(frozen=True, kw_only=True)
class Programme:
    """One version of a programme, addressed by `sha256` over the names and bytes of its files."""

    identity: Identity
    calendar: CalendarDefinition
    profiles: Profiles
    identification: Identification
    course: Course
    wordbook: Wordbook
    sha256: str
    files: Mapping[str, str] = field(repr=False)
    warnings: tuple[Fault, ...] = field(default=(), compare=False, repr=False)
    lists: Lists = field(default_factory=Lists)
    records: Records = field(default_factory=Records)
    clusters: Clusters = field(default_factory=Clusters)
    partners: Partners = field(default_factory=Partners)
    indicators: Indicators = field(default_factory=Indicators)
    plan: Plan = field(default_factory=Plan)

    @property
    def key(self) -> str:
        return self.identity.key

    @property
    def register(self) -> str:
        """The key of the school register that this programme reads."""
        return self.identity.register

    @property
    def title(self) -> Words:
        return self.identity.title

    @property
    def acts(self) -> tuple[Act, ...]:
        return self.identity.acts

    @property
    def territory(self) -> Territory:
        return self.identity.territory

    @property
    def zone(self) -> ZoneInfo:
        return self.identity.time_zone

    @property
    def languages(self) -> tuple[str, ...]:
        return self.identity.languages

    @property
    def cycle(self) -> Cycle:
        return self.identity.cycle

    @cached_property
    def working_calendar(self) -> WorkingCalendar:
        """Arithmetic on this programme's working days."""
        return WorkingCalendar(self.calendar)

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        return self.course.milestones

    @property
    def most_schools(self) -> int | None:
        """So many schools one curator may look after; None: nobody counts."""
        return self.course.curators.most_schools if self.course.curators else None

    @property
    def documents(self) -> Mapping[str, DocumentKind]:
        return self.course.documents

    @property
    def decisions(self) -> Mapping[str, Kind]:
        return self.course.decisions

    @property
    def ladders(self) -> Mapping[str, tuple[Rung, ...]]:
        return self.course.ladders

    def milestones_at(self, stage: Stage, scope: Scope | None = None) -> tuple[Milestone, ...]:
        """Milestones planned on entering `stage`; `identified` is the launch of the cycle.

        Those that the opening of a phase plans are left to it.
        """
        return tuple(
            milestone
            for milestone in self.milestones
            if milestone.stage is stage
            and milestone.opened_by is Opener.STAGE
            and scope in {None, milestone.scope}
        )

    @cached_property
    def repeating(self) -> tuple[Milestone, ...]:
        """Milestones that come again."""
        return tuple(milestone for milestone in self.milestones if milestone.repeats is not None)

    @cached_property
    def opened_by_records(self) -> frozenset[str]:
        """Milestones that a record of some kind opens: each of their turns is work of its own."""
        return frozenset(one.key for one in self.milestones if one.opened_by is Opener.RECORD)

    def milestone(self, key: str) -> Milestone:
        for milestone in self.milestones:
            if milestone.key == key:
                return milestone
        raise NotFound(what=Sentence("milestone"), key=key)

    def extension_of(self, key: str) -> Extension | None:
        """Who may put the milestone's deadline off; None: nobody."""
        return self.milestone(key).extension or self.course.extension

    def milestones_of_phase(self, phase: Phase) -> tuple[Milestone, ...]:
        return tuple(milestone for milestone in self.milestones if milestone.phase is phase)

    def needs_of(self, move: Move) -> tuple[Need, ...]:
        rule = self.course.moves.get(move)
        return rule.needs if rule else ()

    def roles_for(self, move: Move) -> tuple[Role, ...]:
        """Who may make the move; nobody, when the programme does not name it."""
        rule = self.course.moves.get(move)
        return rule.by if rule else ()

    def ladder(self, key: str) -> tuple[Rung, ...]:
        return _found(self.ladders, "ladder", key)

    def record_kind(self, key: str) -> RecordKind:
        return _found(self.records.kinds, "kind of record", key)

    def profile(self, name: str) -> ImportProfile:
        profiles = self.profiles.profiles
        if name not in profiles:
            cure = Sentence("Possible are: {known}.", {"known": tuple(profiles)})
            raise InputRefused(field="--profile", value=name, cure=cure)
        return profiles[name]

    @cached_property
    def labels(self) -> Mapping[str, Words]:
        """Every word of the programme by its full name: `stage.identified`, `document.plan`, …"""
        book, found, course = self.wordbook, self.identification, self.course
        groups: dict[str, Mapping[Any, Words]] = {  # keys are words, some of them of an enum
            "stage": book.stages,
            "move": book.moves,
            "outcome": book.outcomes,
            "role": book.roles,
            "reason": book.reasons,
            "term": book.terms,
            "fact": {key: fact.words for key, fact in found.facts.items()},
            "measure": {key: measure.words for key, measure in found.measures.items()},
            "procedure": {key: one.words for key, one in found.procedures.items()},
            "parameter": {key: one.words for key, one in found.parameters.items()},
            "category": {key: one.words for key, one in found.categories.items()},
            "peer_group": {group.key: group.words for group in found.peer_groups},
            "document": {key: kind.words for key, kind in course.documents.items()},
            "decision": {key: kind.words for key, kind in course.decisions.items()},
            "milestone": {milestone.key: milestone.title for milestone in course.milestones},
            "record": {key: kind.words for key, kind in self.records.kinds.items()},
            "cluster": {rule.key: rule.words for rule in self.clusters.rules},
            "pool": {pool.key: pool.words for pool in self.partners.pools},
            "form": {one.key: one.words for one in self.partners.forms},
            "organisation": {one.key: one.words for one in self.partners.organisations},
            "section": {key: one.words for key, one in self.plan.sections.items()},
            "indicator": {key: one.words for key, one in self.indicators.indicators.items()},
            "indicator_group": self.indicators.groups,
            "participation": {
                key: one.words
                for key, one in (
                    self.lists.participation.categories if self.lists.participation else {}
                ).items()
            },
            "level": {level.key: level.words for level in self.territory.levels},
        }
        return {
            f"{kind}.{key}": words for kind, all_ in groups.items() for key, words in all_.items()
        }

    def words(self, key: str) -> Words:
        """The words of `stage.identified`, or of a Stage, Move, Outcome or Role itself."""
        kind = _KIND_OF_LABEL.get(type(key))  # type: ignore[arg-type]
        return _found(self.labels, "label", f"{kind}.{key}" if kind else key)

    def label(self, key: str, language: str) -> str:
        return in_language(self.words(key), language)


def _found(kept: Mapping[str, _Kept], what: str, key: str) -> _Kept:
    if key not in kept:
        raise NotFound(what=what, key=key)
    return kept[key]
