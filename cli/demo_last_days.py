"""The last days of a programme's demonstration: papers, the page for everybody, how cases would end."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casework.cases.board import latest_cycle
from casework.cases.reading import cases
from casework.cycles.ending import Ending, Proposed, decide_exit, propose_exits
from casework.cycles.publishing import publish_cycle
from casework.documents.documents import KINDS, Wish, make_document, own_papers
from casework.imports.importing import import_file
from casework.records.record_views import Wanted, records
from cli.demo_quarter import Timepiece
from cli.demo_screen import Screen
from cli.demo_story import story
from cli.printing import Cell
from cli.region_programme import InventedRegion, is_yearly, write_files
from opora.errors import InputRefused, NotReady
from opora.words import Sentence
from templates.wording import Sayable

_TO_FILE = {"analytic_note", "plan", "case_folder"}
"""Papers that are filed as PDF; the others are signed, and so are DOCX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDays:
    """What is done by the operator; everything that is written lies in `home`."""

    watch: Timepiece
    screen: Screen
    home: Path

    def make_documents(self) -> None:
        """Each paper once: about the cycle, about the first case, about a meeting."""
        folder = self.home / "documents"
        rows: list[tuple[Cell, Cell, Cell]] = []
        folder.mkdir(exist_ok=True)
        for key, title, of in self._wanted():
            try:
                name, size = self._make(key, of, folder)
            except (NotReady, InputRefused) as lacking:
                rows.append((title, lacking, ""))
            else:
                rows.append((title, name, Sentence("{size} KB", {"size": f"{size / 1024:.0f}"})))
        self.screen.table([Sentence("Document"), Sentence("File"), Sentence("Size")], rows)
        self.screen.say(Sentence("They lie in {folder}.", {"folder": str(folder)}))

    def _wanted(self) -> Iterator[tuple[str, Sayable, int]]:
        """Key, title, and the number of what it is about."""
        programme = self.watch.programme
        with self.watch.by().look() as (session, acting):
            cycle = latest_cycle(session)
            here = cases(session, acting, on=acting.on(programme.zone), cycle=cycle.id)
            held = records(session, acting, Wanted(cycle=cycle.id, counting=True))
        about = {"cycle": cycle.id or 0, "case": here[0].id}
        meeting = next((one.id for one in held if one.attended), None)
        about |= {"record": meeting} if meeting else {}
        for key, kind in {**KINDS, **own_papers(programme)}.items():
            if kind.about in about:
                yield key, kind.title, about[kind.about]

    def _make(self, key: str, of: int, folder: Path) -> tuple[str, int]:
        ending = "pdf" if key in _TO_FILE else "docx"
        language = self.screen.out.language
        wish = Wish(kind=key, of=of, language=language, ending=ending, given={})
        with self.watch.by().deed() as (session, acting):
            store = self.watch.door.settings.evidence
            made = make_document(session, wish, acting, store_url=store)
        (folder / made.kept.name).write_bytes(made.data)
        return made.kept.name, made.kept.size

    def publish(self) -> None:
        """The page of the cycle, where the programme declares something public."""
        folder = self.home / "public"
        try:
            with self.watch.by().deed() as (session, acting):
                store = self.watch.door.settings.evidence
                cycle = latest_cycle(session)
                told = publish_cycle(session, cycle, acting, folder=folder, store_url=store)
        except NotReady as nothing:
            self.screen.say(nothing)
            return
        said = {"page": told.page, "schools": told.schools, "records": told.records}
        self.screen.say(Sentence("{page}: {schools} school(s), {records} record(s).", said))

    def take_in(self, region: InventedRegion) -> None:
        """The results of the year after, which the rules of the exit ask for."""
        taken = 0
        folder = self.home / "next_year"
        for profile, path in write_files(region, folder, wanted=is_yearly).items():
            with self.watch.by().deed() as (session, acting):
                found = import_file(session, region.programme, profile, path, acting)
            taken += found.rows - found.rejected_rows
        said = {"year": str(region.year), "rows": taken}
        self.screen.say(Sentence("The results of {year} come in: {rows} rows.", said))

    def propose(self) -> None:
        """The rules propose; a person decides the first that can be decided."""
        with self.watch.by().deed() as (session, acting):
            found = propose_exits(session, latest_cycle(session), acting)
        decided = next((one for one in found if one.outcome is not None), None)
        basis = story(self.screen.out.language).decision.basis
        if decided is not None:
            with self.watch.by().deed() as (session, acting):
                decide_exit(session, decided.case, Ending(basis=basis), acting)
        words = self.watch.programme.words
        self.screen.table(
            [Sentence("School"), Sentence("Years"), Sentence("Proposed"), Sentence("Decided")],
            [
                (
                    one.name,
                    one.years,
                    words(one.outcome) if one.outcome else self._why_not(one),
                    words(one.outcome) if one.outcome and one is decided else "",
                )
                for one in found
            ],
        )
        if decided is not None:
            said = {"name": decided.name, "basis": basis}
            self.screen.say(Sentence("{name}: decided by a person on the basis {basis}.", said))

    def _why_not(self, one: Proposed) -> Sentence:
        labels = self.watch.programme.labels
        why = tuple(labels.get(f"reason.{reason}", reason) for reason in one.reasons)
        return Sentence("nothing: {why}", {"why": why})
