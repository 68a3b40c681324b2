"""A demonstration of any programme: a small invented region, and whatever the programme specially has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from casework.cases.board import latest_cycle
from casework.cases.clustering import assign_all
from casework.cases.reading import CaseView, cases
from casework.indicators.freezing import Written, enter, freeze
from casework.indicators.indicator_views import IndicatorRow, indicator_rows, target_cell
from casework.judgement.explaining import explain_verdict
from casework.judgement.identifying import confirm_list, identify
from casework.pairs.confirming_partners import Confirmation, confirm_partners
from casework.pairs.curating import propose_curators
from casework.pairs.naming_curators import Naming, confirm_curators
from casework.plans.plan_views import plan_view
from casework.reports.reporting import Question, ReportKind, report
from cli.demo_last_days import LastDays
from cli.demo_performance import Performance
from cli.demo_quarter import Play, Quarter, Timepiece, staff_of
from cli.demo_records import Papers
from cli.explanation_screen import print_explanation
from cli.pair_words import cluster_label, score_words
from cli.region_programme import a_year_later, invent, write_files
from models.cycle import Listing
from opora.words import Sentence
from programmes.definition import Programme
from programmes.indicators import Entered, Level
from programmes.milestones import Phase
from states.needs import NeedKind
from templates.reports import report_page, text_of

BEFORE = 4
"""So many working days after the opening, clusters, partners, records and plans are taken up."""

_DAYS, _PACE = 45, 4
"""So many working days are shown, with people at work on each fourth."""


class Showing(Performance):
    """The main job of one programme, shown through the verbs that its commands call."""

    def files(self, programme: Programme, year: int) -> Mapping[str, Path]:
        """Files of the programme's own profiles."""
        region = invent(programme, year=year, language=self.screen.out.language)
        return write_files(region, self.occasion.home / "region")

    def list_up(self, watch: Timepiece, quarter: Quarter) -> Listing:
        """The list, and one verdict explained; it is confirmed."""
        with watch.by().deed() as (session, acting):
            found = identify(session, watch.programme, quarter.year, acting)
            confirm_list(session, found.listing, acting)
        listed = [one.school for one in found.judgement.verdicts if one.listed]
        sums = {"listed": len(listed), "judged": found.listing.judged}
        self.screen.say(Sentence("On the list: {listed} of {judged}.", sums))
        with watch.by().look() as (session, acting):
            told = explain_verdict(session, watch.programme, quarter.year, listed[0], acting)
        print_explanation(self.screen.out, watch.programme, told)
        return found.listing

    def calendar(self, programme: Programme) -> Quarter:
        """Half a quarter is enough to show the main job."""
        whole = Performance.calendar(self, programme)
        return replace(whole, days=whole.days[-(self.occasion.days or _DAYS) :])

    def play(self, watch: Timepiece, quarter: Quarter) -> Play:
        """A walk of each kind: first who is given work back, then who hands nothing in."""
        play = Performance.play(self, watch, quarter)
        walks = sorted(self.story.walks, key=lambda one: (not one.key, not one.silent, one.pace))
        walks = [walks[place % len(walks)] for place in range(len(play.walks))]
        return replace(play, walks=dict(zip(play.walks, walks, strict=True)), pace=_PACE)

    def live(self, watch: Timepiece, quarter: Quarter) -> None:
        """Some days, then what the programme specially has, then the other days."""
        play = self.play(watch, quarter)
        first = Quarter(quarter.days[:BEFORE], quarter.year, is_today=quarter.is_today)
        play.live(first, every=self.occasion.every)
        with watch.by().look() as (session, acting):
            here = cases(session, acting, on=first.days[-1])
        self._group(play, here)
        self._pair(play)
        self._look_after(watch)
        with watch.by().look() as (session, acting):
            papers = Papers(
                watch=watch,
                programme=watch.programme,
                staff=staff_of(session, acting, watch.programme),
                cases=here,
                day=first.days[-1],
            )
        self._write_down(papers)
        self._plan(play, papers)
        self.work(play, quarter, since=BEFORE)
        self._measure(watch)
        self._report(watch)

    def _group(self, play: Play, here: Sequence[CaseView]) -> None:
        declared = play.programme.clusters
        if declared.is_empty:
            return
        with play.watch.by().deed() as (session, acting):
            cycle = latest_cycle(session)
            done = assign_all(session, cycle, acting, basis=self.story.decisions["cluster"].basis)
        play.decided |= {(one.case, declared.decision) for one in done.assigned}
        names = {one.id: one.name for one in here}
        self.screen.table(
            [Sentence("School"), Sentence("Cluster")],
            [
                (names[one.case], cluster_label(play.programme, one.cluster))
                for one in done.assigned
            ],
        )

    def _pair(self, play: Play) -> None:
        declared = play.programme.partners
        if not declared.pools:
            return
        said = Confirmation(basis=self.story.decisions["partner"].basis)
        with play.watch.by().deed() as (session, acting):
            done = confirm_partners(session, latest_cycle(session), said, acting)
        play.decided |= {(one.case, declared.decision) for one in done.pairs}
        if not done.pairs:
            self.screen.say(Sentence("No school of the region can be a partner of these."))
            return
        self.screen.table(
            [Sentence("School"), Sentence("Partner"), Sentence("Score")],
            [(one.name, one.called or "", score_words(one.score)) for one in done.pairs],
        )

    def _look_after(self, watch: Timepiece) -> None:
        """Whoever has nobody is given a curator; the others keep theirs."""
        said = Naming(reason=self.story.decision.basis)
        with watch.by().look() as (session, acting):
            plan = propose_curators(session, latest_cycle(session), acting)
        with watch.by().deed() as (session, acting):
            confirm_curators(session, latest_cycle(session), said, acting)
        self.screen.table(
            [Sentence("School"), Sentence("Curator now"), Sentence("Proposed")],
            [(one.name, one.now or "—", one.called or "—") for one in plan.pairs],
        )

    def _write_down(self, papers: Papers) -> None:
        papers.write_all()
        rows = [
            (papers.programme.words(f"record.{key}"), len(numbers), papers.attended.get(key, 0))
            for key, numbers in papers.written.items()
            if numbers
        ]
        if rows:
            columns = [Sentence("Records"), Sentence("Number"), Sentence("Attendances")]
            self.screen.table(columns, rows)

    def _plan(self, play: Play, papers: Papers) -> None:
        basis = papers.plan()
        play.decided.add((papers.cases[0].id, NeedKind.PLAN))
        if not papers.programme.plan.is_empty:
            with papers.watch.by().look() as (session, acting):
                seen = plan_view(session, acting, papers.cases[0].id)
            said = {
                "measures": len(seen.measures),
                "basis": basis or "—",
                "name": papers.cases[0].name,
            }
            self.screen.say(
                Sentence("The plan of {name}: measures {measures}, approved by {basis}.", said)
            )
            self.screen.say(*seen.missing)
        for key, error in papers.refused:
            self.screen.say(Sentence("Refused ({what}): {why}", {"what": key, "why": error}))

    def end(self, watch: Timepiece, quarter: Quarter) -> None:
        """Papers, the page for everybody, and how the year would end."""
        last = LastDays(watch=watch, screen=self.screen, home=self.occasion.home)
        with self.screen.chapter(Sentence("Papers, and the page for everybody")):
            last.make_documents()
            last.publish()
        with self.screen.chapter(Sentence("How the year would end")):
            language = self.screen.out.language
            region = invent(watch.programme, year=quarter.year, language=language)
            last.take_in(a_year_later(region))
            last.propose()

    def _measure(self, watch: Timepiece) -> None:
        declared = watch.programme.indicators.indicators
        if not declared:
            return
        with watch.by().deed() as (session, acting):
            cycle = latest_cycle(session)
            for key, one in declared.items():
                if isinstance(one.numerator, Entered) and one.level is Level.REGION:
                    enter(
                        session,
                        cycle,
                        _number(
                            key, self.story.document, has_whole=isinstance(one.denominator, Entered)
                        ),
                        acting,
                    )
        with watch.by().deed() as (session, acting):
            freeze(session, latest_cycle(session), Phase.ENTRY, acting)
        with watch.by().look() as (session, acting):
            found = indicator_rows(session, acting, latest_cycle(session))
        first = {one.indicator: one for one in reversed(found) if one.value is not None}
        self.screen.table(
            [Sentence("Indicator"), Sentence("Where"), Sentence("Value"), Sentence("Target")],
            [
                (
                    first[key].words,
                    first[key].place_name or Sentence("the region"),
                    _value(first[key]),
                    target_cell(declared[key].target, is_share=first[key].is_share),
                )
                for key in declared
                if key in first
            ],
        )

    def _report(self, watch: Timepiece) -> None:
        """What is at a glance; the whole report lies in the folder."""
        with watch.by().look() as (session, acting):
            cycle = latest_cycle(session)
            question = Question(cycle=cycle, on=acting.on(watch.programme.zone))
            made = report(session, acting, ReportKind.CYCLE, question)
        language = self.screen.out.language
        for name, cell in made.glance:
            said = {"name": name, "value": text_of(cell, language)}
            self.screen.say(Sentence("{name}: {value}", said))
        path = self.occasion.home / "report.html"
        path.write_text(report_page(made, language), encoding="utf-8")
        self.screen.say(Sentence("The whole report lies in {file}.", {"file": str(path)}))


def _value(one: IndicatorRow) -> str:
    value = one.value or Decimal(0)
    return f"{value * 100:.0f} %" if one.is_share else f"{value:.2f}".removesuffix(".00")


def _number(key: str, document: str, *, has_whole: bool) -> Written:
    return Written(
        indicator=key,
        numerator="3",
        denominator="4" if has_whole else None,
        taken_from=document.format(title=key),
    )
