"""A demonstration from an empty folder to the end of its quarter, chapter by chapter."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Literal

from casework.acting import Acting
from casework.binding import bind_installation
from casework.cases.board import listed_by, opened
from casework.cases.reading import cases
from casework.cycles.opening import open_cycle
from casework.imports.importing import import_file
from casework.judgement.identifying import confirm_list, identify
from casework.passes import begin, finished
from casework.work import OPEN_CYCLE
from cli.demo_home import settings_of
from cli.demo_quarter import MORNING, WORK, Play, Quarter, Timepiece, quarter_until, send, staff_of
from cli.demo_records import Papers
from cli.demo_screen import Screen
from cli.demo_showing import show_letters, show_run
from cli.demo_story import Story, story
from cli.door import Door
from cli.region import write_region
from cli.region_people import NAME_OF_OPERATOR, OPERATOR
from models.cycle import Cycle, Listing
from models.schema import upgrade
from opora import clock
from opora.database import connect, transaction
from opora.errors import OporaError
from opora.settings import Settings
from opora.words import Sentence
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.reading import read_programme
from schedules.working_calendar import wall_moment

PROGRAMME = "yugra"
TRIED, TRIALS = "low_share", ("0.25", "0.35")
"""A parameter of the rule, and values that are tried before the list is confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Where and when the demonstration is performed; `every`: working days from round to round.

    `days`: so many working days of a programme's own demonstration.
    """

    home: Path
    now: datetime
    flows: Literal["direct", "prefect"] = "prefect"
    every: int = 1
    programme: str = PROGRAMME
    days: int | None = None


class _Server(Thread):
    """Prefect's server, started while files are taken in; why it did not start is kept in `away`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="prefect server", daemon=True)
        self.settings = settings
        self.away: OporaError | None = None
        self.tried, self.released = Event(), Event()

    def run(self) -> None:
        from flows.prefect_server import PrefectAway, PrefectServer  # only here: they bring much

        server = PrefectServer(self.settings)
        try:
            server.ensure()
        except PrefectAway as away:
            self.away = away
        finally:
            self.tried.set()
            self.released.wait()
            server.stop()


def perform(occasion: Occasion, screen: Screen, kind: "type[Performance] | None" = None) -> None:
    """From an empty folder to the end of the quarter; of another kind where one is named."""
    settings = settings_of(occasion.home, flows=occasion.flows)
    upgrade(settings.owner_url, settings.database_url)
    engine = connect(settings.database_url)
    server = _Server(settings) if occasion.flows == "prefect" else None
    try:
        if server:
            server.start()
        door = Door(settings=settings, engine=engine, out=screen.out, email=None, moment=None)
        (kind or Performance)(occasion, screen, door, server).run()
    finally:
        if server:
            server.released.set()
            server.join()
        engine.dispose()


@dataclass
class Performance:
    """One evening: the programme, the region, the list, the opening, and the days that follow."""

    occasion: Occasion
    screen: Screen
    door: Door
    server: _Server | None

    @property
    def story(self) -> Story:
        """What people do, in the reader's language."""
        return story(self.screen.out.language)

    def run(self) -> None:
        with self.screen.chapter(Sentence("The programme and the calendar")):
            programme = read_programme(shipped()[self.occasion.programme])
            quarter = self.calendar(programme)
        watch = Timepiece(
            self.door, programme, wall_moment(quarter.days[0], MORNING, programme.zone)
        )
        with self.screen.chapter(Sentence("The invented region and its files")):
            self._take_in(watch, quarter)
        with self.screen.chapter(Sentence("Who is on the list, and what would change it")):
            listing = self.list_up(watch, quarter)
        with self.screen.chapter(Sentence("The cycle is opened")):
            self.open_year(watch, listing)
        with self.screen.chapter(Sentence("A quarter of work, day by day")):
            self.live(watch, quarter)
        self.end(watch, quarter)

    def calendar(self, programme: Programme) -> Quarter:
        """The days that are lived through; says which."""
        quarter = quarter_until(self.occasion.now.astimezone(programme.zone).date(), programme)
        self.screen.say(programme.title)
        for act in programme.acts[:1]:
            said = {"number": act.number, "day": act.date, "sha": programme.sha256[:12]}
            dated = Sentence("It rests on act No. {number} of {day}; this version is {sha}.", said)
            law = Sentence(
                "It rests on {number}; this version is {sha}.",
                {**said, "number": act.number or act.title},
            )
            self.screen.say(dated if act.date and act.number else law)
        first, last = quarter.days[0], quarter.days[-1]
        span = {"first": first, "last": last, "days": len(quarter.days), "year": quarter.year}
        self.screen.say(
            Sentence(
                "Virtual time: {days} working days, from {first} to {last}; cycle of {year}.", span
            )
        )
        if not quarter.is_today:
            until = {"horizon": programme.calendar.horizon}
            self.screen.say(
                Sentence("An earlier year: its calendar is known until {horizon} only.", until)
            )
        return quarter

    def _take_in(self, watch: Timepiece, quarter: Quarter) -> None:
        door = watch.by()
        with transaction(door.engine) as session:
            init = Acting(at=watch.at, recorded_at=clock.now(), pass_name="init", is_virtual=True)  # noqa: S106  no secret
            bind_installation(
                session, OPERATOR, NAME_OF_OPERATOR, init, language=self.screen.out.language
            )
        rows = []
        for profile, path in self.files(watch.programme, quarter.year).items():
            with watch.by().deed() as (session, acting):
                report = import_file(session, watch.programme, profile, path, acting)
            label = watch.programme.profile(profile).words
            taken = report.rows - len(report.left_out) - report.rejected_rows
            rows.append((path.name, label, report.rows, taken, report.rejected_rows))
        self.screen.table(
            [
                Sentence("File"),
                Sentence("What it is"),
                Sentence("Rows"),
                Sentence("Taken in"),
                Sentence("Rejected"),
            ],
            rows,
        )

    def files(self, _programme: Programme, year: int) -> Mapping[str, Path]:
        """Profile → file, in the order in which they are taken in."""
        return write_region(self.occasion.home / "region", year=year).by_profile()

    def list_up(self, watch: Timepiece, quarter: Quarter) -> Listing:
        """The list, and what another threshold would make of it; it is confirmed."""
        programme, trials = watch.programme, []
        with watch.by().deed() as (session, acting):
            listing = identify(session, programme, quarter.year, acting).listing
            groups, _ = listed_by(session, listing.id or 0)
            for value in TRIALS:
                tried = identify(session, programme, quarter.year, acting, {TRIED: value})
                trials.append((Decimal(value), sum(one.listed for one in tried.judgement.verdicts)))
            confirm_list(session, listing, acting)
        order = [group.key for group in programme.identification.peer_groups]
        groups = sorted(groups, key=lambda row: order.index(row.key or ""))
        self.screen.table(
            [
                Sentence("Peer group"),
                Sentence("Judged"),
                Sentence("Listed"),
                Sentence("Not rated"),
            ],
            [
                (programme.words(f"peer_group.{row.key}"), row.judged, row.listed, row.not_rated)
                for row in groups
            ],
        )
        listed = [row.listed for row in groups]
        sums = {
            "judged": listing.judged,
            "listed": sum(listed),
            "sum": " + ".join(map(str, listed)),
        }
        self.screen.say(Sentence("On the list: {listed} of {judged} = {sum}.", sums))
        parameter = programme.words(f"parameter.{TRIED}")
        declared = programme.identification.parameters[TRIED].value
        self.screen.say(
            Sentence("“{parameter}” is {value}.", {"parameter": parameter, "value": declared})
        )
        for tried_value, number in trials:
            said = {"value": tried_value, "count": number}
            self.screen.say(
                Sentence("If it were {value}, the list would have {count} schools.", said)
            )
        return listing

    def open_year(self, watch: Timepiece, listing: Listing) -> Cycle:
        """Cases, tasks and first letters."""
        from flows.running import run_pass  # only here: flows bring much along

        watch.set(watch.at.astimezone(watch.programme.zone).date(), WORK)
        with watch.by().deed() as (session, acting):
            cycle = open_cycle(session, watch.programme, listing, acting)
            arguments = {"cycle": cycle.id, "person": acting.person.id if acting.person else None}
            run = begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=acting.at)
        settings = self._hands()
        began = time.perf_counter()
        finished(
            run_pass(
                settings, self.door.engine, run.id or 0, at=watch.at, on_notice=self.screen.say
            )
        )
        self._tell_opened(watch, cycle, run.id or 0, time.perf_counter() - began)
        sent = send(watch.by(), watch.at)
        said = {"sent": sent.sent, "folder": str(settings.mailbox)}
        self.screen.say(Sentence("{sent} first letters lie in {folder}.", said))
        if self.server:
            self.server.released.set()  # it ends beside the days that follow
        return cycle

    def _hands(self) -> Settings:
        """Prefect's server if it has come up, else plain functions, and the reason is said."""
        settings = self.door.settings
        if self.server is None:
            return settings
        self.server.tried.wait()
        if self.server.away is None:
            return settings
        self.screen.say(self.server.away)
        return settings.model_copy(update={"flows": "direct"})

    def _tell_opened(self, watch: Timepiece, cycle: Cycle, pass_id: int, seconds: float) -> None:
        with watch.by().look() as (session, _):
            done = opened(session, cycle.id or 0, pass_id)
        counts = {"cases": done.cases, "tasks": done.tasks, "letters": done.letters}
        self.screen.say(
            Sentence("Cases {cases}, tasks {tasks}, letters written {letters}.", counts)
        )
        if done.flow_run and self.server and self.server.away is None:
            show_run(self.screen, self.door.settings, done.flow_run, seconds)

    def live(self, watch: Timepiece, quarter: Quarter) -> None:
        """Everybody at work, day by day."""
        self.work(self.play(watch, quarter), quarter)

    def end(self, watch: Timepiece, quarter: Quarter) -> None:
        """Chapters after the quarter, where there are any."""

    def play(self, watch: Timepiece, quarter: Quarter) -> Play:
        """The people, and how each case goes."""
        plot = self.story
        with watch.by().look() as (session, acting):
            staff = staff_of(session, acting, watch.programme)
            here = cases(session, acting, on=quarter.days[0])
        return Play(
            watch=watch,
            programme=watch.programme,
            story=plot,
            staff=staff,
            walks={case.id: plot.walk_of(place) for place, case in enumerate(here)},
            plan=lambda case, day: Papers(
                watch=watch, programme=watch.programme, staff=staff, cases=[case], day=day
            ).whole_plan(),
        )

    def work(self, play: Play, quarter: Quarter, *, since: int = 0) -> None:
        """The days from number `since` on, and what was written to whom."""
        with self.screen.progress(Sentence("Days"), len(quarter.days) - since) as tell:
            passed = count(1)
            play.on_day = lambda _: tell(next(passed))
            play.live(quarter, every=self.occasion.every, since=since)
        with play.watch.by().look() as (session, acting):
            show_letters(self.screen, session, acting)
