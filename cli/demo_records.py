"""Records of every kind that a programme declares, written down by whoever may, and one school's plan."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from casework.cases.reading import CaseView
from casework.plans.school_plan import approve_plan, review_plan, submit_plan
from casework.records.attending import Guests, attend, invite
from casework.records.record_grounds import About
from casework.records.recording import Entry, add_record, confirm_record
from casework.tasks.evidence import Kept, keep
from cli.demo_quarter import Staff, Timepiece
from cli.demo_story import story
from cli.region_programme import region_words
from opora.errors import OporaError
from opora.words import in_language
from programmes.definition import Programme
from programmes.record_kinds import FieldType, RecordField, RecordKind, RecordScope
from states.needs import NeedKind
from states.role import Role

_SERIES = 6  # S3-07
_AHEAD, _LONG = timedelta(days=30), timedelta(days=180)


@dataclass(slots=True, kw_only=True)
class Papers:
    """Who writes down what. `written`: kind → records; `refused` is what the house said no to."""

    watch: Timepiece
    programme: Programme
    staff: Staff
    cases: Sequence[CaseView]
    day: date
    written: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    of_case: dict[int, int] = field(default_factory=dict)  # record → the case it was written for
    attended: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[str, OporaError]] = field(default_factory=list)

    @property
    def language(self) -> str:
        """In which they write."""
        return self.watch.door.out.language

    def write_all(self) -> None:
        """Each kind once for its place, those that rest on others after them; a series six times."""
        kinds = self.programme.records.kinds
        order = sorted(kinds, key=lambda key: (bool(kinds[key].parents), key))
        for key in order:
            if key == self.programme.plan.measure:
                self._measures()
                continue
            for case in self._places(key):
                for turn in range(self._times(key)):
                    for parent in self._parents(kinds[key], case):
                        self._write(key, case, turn=turn, parent=parent)

    def whole_plan(self) -> str | None:
        """Measures in every section, and their way from hand to hand."""
        self._measures()
        return self.plan()

    def plan(self) -> str | None:
        """The first school's plan goes from hand to hand; the act it ends with, if it got there."""
        declared, case = self.programme.plan, self.cases[0]
        if declared.is_empty:
            return None
        basis = story(self.language).decision.basis
        try:
            with self.watch.by(self._email(declared.by[0], case)).deed() as (session, acting):
                submit_plan(session, case.id, acting)
            for role in declared.reviewers:
                with self.watch.by(self._email(role, case)).deed() as (session, acting):
                    review_plan(session, case.id, acting, is_endorsed=True)
            with self.watch.by(self._email(declared.approver, case)).deed() as (session, acting):
                approve_plan(session, case.id, acting, basis=basis)
        except OporaError as error:
            self.refused.append(("plan", error))
            return None
        return basis

    def _places(self, key: str) -> Sequence[CaseView]:
        """One school speaks for all; what proves a task of every municipality stands in each."""
        if key not in self._wanted():
            return self.cases[:1]
        if self.programme.record_kind(key).scope is RecordScope.MUNICIPALITY:
            return list({case.territory: case for case in self.cases}.values())
        return (
            self.cases
            if self.programme.record_kind(key).scope is RecordScope.CASE
            else self.cases[:1]
        )

    def _wanted(self) -> Mapping[str, int]:
        """Kind → how many records of it a task or a move asks for."""
        moves = self.programme.course.moves.values()
        needs = (need for move in moves for need in move.needs if need.need is NeedKind.RECORD)
        proofs = (one.evidence for one in self.programme.milestones if one.evidence)
        wanted = [(one.of, one.at_least) for one in needs]
        wanted += [(one.record, one.at_least) for one in proofs]
        return {key: number for key, number in sorted(wanted, key=str) if key}

    def _times(self, key: str) -> int:
        """A whole series, as many as are asked for, and two of what has to be answered."""
        kind, plan = self.programme.record_kind(key), self.programme.plan
        if kind.series and kind.series.of:
            return min(kind.series.of, _SERIES)
        is_answered = any(one.each == key for one in plan.answers)
        return max(self._wanted().get(key, 1), 2 if is_answered else 1)

    def _parents(self, kind: RecordKind, case: CaseView) -> Sequence[int | None]:
        """Every record that it has to rest on, the case's own where there are some."""
        found = [one for key in kind.parents for one in self.written[key]]
        own = [one for one in found if self.of_case[one] == case.id]
        return (own or found) if kind.parent_required else [None]

    def _measures(self) -> None:
        plan = self.programme.plan
        for section, one in plan.sections.items():
            for turn in range(max(one.at_least, 1)):
                fixed = {plan.section or "": section}
                self._write(plan.measure or "", self.cases[0], turn=turn, fixed=fixed)
        if not plan.sections:
            self._write(plan.measure or "", self.cases[0])

    def _email(self, role: Role, case: CaseView) -> str:
        return self.staff.email(role, school=case.school, territory=case.territory)

    def _about(self, kind: RecordKind, case: CaseView) -> About:
        match kind.scope:
            case RecordScope.CASE:
                return About(case=case.id)
            case RecordScope.MUNICIPALITY:
                return About(territory=case.territory)
            case RecordScope.PERSON:
                return About(person=self._email(Role.HEAD, case))
            case _:
                return About()

    def _write(
        self,
        key: str,
        case: CaseView,
        *,
        turn: int = 0,
        parent: int | None = None,
        fixed: Mapping[str, str] | None = None,
    ) -> None:
        kind = self.programme.record_kind(key)
        author = self._email(kind.add[0], case)
        fields = {
            name: self._value(kind, name, one, case, turn=turn)
            for name, one in kind.fields.items()
            if one.required or one.prefill is None  # what is known is left to the form
        }
        entry = Entry(fields={**fields, **(fixed or {})}, parent=parent)
        try:
            with self.watch.by(author).deed() as (session, acting):
                record = add_record(session, acting, key, self._about(kind, case), entry)
                number = record.id or 0
            self.written[key].append(number)
            self.of_case[number] = case.id
            self._confirm(key, kind, number, author, case)
            self._hold(key, kind, number, author)
        except OporaError as error:
            self.refused.append((key, error))

    def _confirm(
        self, key: str, kind: RecordKind, number: int, author: str, case: CaseView
    ) -> None:
        """By somebody else than the author; the measures of a plan wait for its approval."""
        emails = (self._email(role, case) for role in (*kind.confirm, Role.OPERATOR))
        judge = next((one for one in emails if one != author), None)
        if not kind.confirm or judge is None or key == self.programme.plan.measure:
            return
        with self.watch.by(judge).deed() as (session, acting):
            confirm_record(session, acting, number)

    def _hold(self, key: str, kind: RecordKind, number: int, author: str) -> None:
        """Everybody is invited, and comes."""
        if kind.attendance is None or kind.attendance.of == "persons":
            return
        everybody = Guests(parties=("all",))
        with self.watch.by(author).deed() as (session, acting):
            invite(session, acting, number, everybody)
        with self.watch.by(author).deed() as (session, acting):
            came = attend(session, acting, number, everybody)
        self.attended[key] = self.attended.get(key, 0) + came

    # --- what stands in a field -------------------------------------------------------------------

    def _value(
        self, kind: RecordKind, name: str, one: RecordField, case: CaseView, *, turn: int
    ) -> object:
        value: object = _PLAIN.get(one.type)
        match one.type:
            case FieldType.TEXT:
                value = self._text(one)
            case FieldType.DATE:
                value = self._date(kind, name, turn).isoformat()
            case FieldType.NUMBER:
                wanted = (one.minimum or 0) + 3
                value = str(min(wanted, one.maximum) if one.maximum is not None else wanted)
            case FieldType.CHOICE:
                value = list(one.choices)[turn % len(one.choices)]
            case FieldType.FILE:
                value = self._file(name, f"{self._text(one)}\n{turn}\n")
            case FieldType.PERSON | FieldType.PERSONS:
                value = self._email(Role.HEAD, case)
            case FieldType.SCHOOL | FieldType.SCHOOLS:
                value = case.school
            case FieldType.ROWS:
                value = self._rows(one)
        return [value] if one.type in {FieldType.PERSONS, FieldType.SCHOOLS} else value

    def _file(self, name: str, text: str) -> Kept:
        settings = self.watch.door.settings
        limit = settings.evidence_mb
        return keep(settings.evidence, text.encode(), name=f"{name}.txt", limit_mb=limit)

    def _date(self, kind: RecordKind, name: str, turn: int) -> date:
        """What is held lies behind, what is due lies ahead."""
        if name == kind.until:
            return self.day + _LONG
        is_due = kind.task is not None and kind.task.due == name
        return self.day + _AHEAD if is_due else self.day - timedelta(days=turn)

    def _text(self, one: RecordField) -> str:
        what = in_language(one.words, self.language)
        return str(region_words(self.language)["text"]).format(what=what)

    def _rows(self, one: RecordField) -> list[dict[str, str]]:
        cells = {"date": self.day.isoformat(), "number": "1"}
        row = {
            key: cells.get(column.type.value) or in_language(column.words, self.language)
            for key, column in one.columns.items()
        }
        return [row] * int(max(one.minimum or 1, 1))


_PLAIN: Mapping[FieldType, object] = {
    FieldType.TIME: "10:00",
    FieldType.YES_NO: "yes",
    FieldType.LINK: "https://example.org/opora",
}
"""What stands in a field of the type, whatever it is about; another record is named by nobody."""
