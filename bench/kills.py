"""Two hundred `kill -9` at random points of every pass and of delivery, within ten minutes."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, func, select

from bench.worlds import AT, World, timed, world
from casework.acting import Acting
from casework.cycles.adopting import adopt
from casework.cycles.opening import open_cycle
from casework.cycles.phases import open_phase
from casework.passes import begin
from casework.work import OPEN_CYCLE
from models.case import Case
from models.cycle import Cycle
from opora.database import reading, transaction
from programmes.milestones import Phase
from tests.killing import breaches, live_until_done
from tests.many_schools import next_version

KILLS = 200
LONGEST = 600
"""Seconds after which no new year is begun."""
SCHOOLS = 40
WEEKS = 8


def measure(scale: float) -> Iterator[str]:
    wanted, began, years = max(int(KILLS * scale), 1), time.monotonic(), 0
    kills: Counter[str] = Counter()
    while kills.total() < wanted and time.monotonic() - began < LONGEST:
        years += 1
        with world(SCHOOLS) as region:
            year = _Year(region, kills, wanted, str(years))
            seconds = timed(year.live)
            found = [*breaches(region.engine, year.box), *year.missing()]
        yield f"year {years}: {dict(kills)} kills so far, {seconds:.0f} s, breaches: {found or 'none'}"
        if found:
            message = f"a kill left its mark: {found}"
            raise AssertionError(message)
    if kills.total() < wanted:
        message = f"only {kills.total()} kills of {wanted} in {LONGEST} s"
        raise AssertionError(message)
    yield f"{kills.total()} kills of {wanted} wanted, {time.monotonic() - began:.0f} s"


class _Year:
    """One year of a region, each of its passes killed a few times."""

    def __init__(self, region: World, kills: Counter[str], wanted: int, seed: str) -> None:
        self.region, self.kills, self.wanted, self.seed = region, kills, wanted, seed
        self.box = region.path.parent / "mailbox"
        self.later = Acting(at=AT + timedelta(days=1), recorded_at=AT, person=region.operator)

    def live(self) -> None:
        self._begin(self._open)
        self._killed("opening", "passes", AT, 10, 380)
        self._begin(self._go_over)
        self._killed("adoption", "passes", self.later.at, 8, 1000)
        self._killed("letters", "letters", self.later.at + timedelta(hours=5), 8, 5000)
        self._begin(self._open_phase)
        self._killed("phase", "passes", self.later.at, 6, 700)
        for week in range(1, WEEKS):
            if self.kills.total() >= self.wanted:
                return
            at = AT + timedelta(weeks=week)
            self._killed("rounds", "rounds", at, 5, 500)
            self._killed("handing over", "handing over", at + timedelta(hours=5), 5, 20)

    def missing(self) -> list[str]:
        with reading(self.region.engine) as session:
            cases = session.exec(select(func.count()).select_from(Case)).one()
        return [] if cases == SCHOOLS else [f"cases: {cases} of {SCHOOLS}"]

    def _killed(self, what: str, work: str, at: datetime, most: int, points: int) -> None:
        url = f"sqlite:///{self.region.path}"
        self.kills[what] += live_until_done(
            work, url, self.box, at, most, points=points, seed=f"{self.seed}.{at}"
        )

    def _begin(self, act: Callable[[Session], object]) -> None:
        with transaction(self.region.engine) as session:
            act(session)

    def _open(self, session: Session) -> None:
        region, who = self.region, self.region.acting()
        cycle = open_cycle(session, region.programme, region.listing, who)
        arguments = {"cycle": cycle.id, "person": region.operator.id}
        begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=AT)

    def _go_over(self, session: Session) -> None:
        new = next_version(self.region.programme)
        adopt(session, session.exec(select(Cycle)).one(), new, self.later, dry_run=False)

    def _open_phase(self, session: Session) -> None:
        open_phase(session, session.exec(select(Cycle)).one(), Phase.INTERIM, self.later)
