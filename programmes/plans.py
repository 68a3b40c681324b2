"""What the file plan.yaml declares: of what a school's plan is made, who reviews it, what it must hold."""

from typing import Annotated

from pydantic import Field

from analysis.declared import Declared, Key
from opora.words import Words
from states.role import Role


class PlanSection(Declared):
    """One part of the plan: at least so many measures whose section it is (S2-08)."""

    words: Words
    help: Words | None = None
    at_least: Annotated[int, Field(ge=0, le=100)] = 1
    source: str | None = None


class PlanDocument(Declared):
    """A record of this kind stands beside the measures: a concept, a mid-term programme (S3-06)."""

    kind: Key
    at_least: Annotated[int, Field(ge=1, le=100)] = 1
    source: str | None = None


class PlanAnswer(Declared):
    """Each record of the kind `each`, where its yes_no field `where` says yes, has one of `kind`.

    So an activated risk asks for its own programme: 2 + n documents (S3-06).
    """

    each: Key
    where: Key | None = None
    kind: Key
    source: str | None = None


class Plan(Declared):
    """The whole file. Without `measure` the programme has no plan beyond its documents."""

    measure: Key | None = None  # the kind of record that is a measure
    section: Key | None = None  # its choice field
    sections: dict[Key, PlanSection] = {}
    documents: tuple[PlanDocument, ...] = ()
    answers: tuple[PlanAnswer, ...] = ()
    by: tuple[Role, ...] = (Role.HEAD, Role.CURATOR)  # who hands it in
    reviewers: tuple[Role, ...] = ()  # one after the other; each endorses or returns (S1-22)
    approver: Role = Role.OPERATOR
    source: str | None = None

    @property
    def is_empty(self) -> bool:
        return self.measure is None
