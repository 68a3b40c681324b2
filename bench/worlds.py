"""Databases for the measurements: a region of any size, made in bulk."""

import gc
import itertools
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine, insert
from sqlmodel import Session

from casework.acting import Acting
from casework.binding import bind_installation
from casework.cycles.opening import open_cycle
from casework.cycles.versions import keep
from casework.judgement.identifying import confirm_list
from casework.passes import Progress, advance, begin
from casework.work import OPEN_CYCLE, WORK
from models.cycle import Cycle, Listing, Verdict
from models.history import append
from models.people import Appointment, Person
from models.schema import upgrade
from models.school import School, Territory
from opora.database import connect, copy_sqlite, transaction
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.reading import read_programme
from states.role import Role

AT = datetime(2026, 2, 2, 7, 0, tzinfo=UTC)
SCHOOLS_A_CURATOR = 5
SCHOOLS_A_TERRITORY = 50


@dataclass(frozen=True, slots=True)
class World:
    """A region before its cycle."""

    engine: Engine
    path: Path
    programme: Programme
    operator: Person
    listing: Listing

    def acting(self, at: datetime = AT) -> Acting:
        return Acting(at=at, recorded_at=datetime.now(UTC), person=self.operator)  # noqa: TID251  real time is measured here


@contextmanager
def world(schools: int, *, listed: int | None = None) -> Iterator[World]:
    """A region of so many schools, all or the first of them listed, and of its people, on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        url = f"sqlite:///{path}"
        upgrade(url, url)
        engine = connect(url)
        programme = read_programme(shipped()["yugra"])
        with transaction(engine) as session:
            operator, listing = _fill(session, programme, schools, listed or schools)
        yield World(engine, path, programme, operator, listing)
        engine.dispose()


def _fill(
    session: Session, programme: Programme, schools: int, listed: int
) -> tuple[Person, Listing]:
    at = Acting(at=AT, recorded_at=AT)
    operator = bind_installation(session, "operator@example.org", "Оператор", at)
    register = programme.register
    territories = range(1, schools // SCHOOLS_A_TERRITORY + 2)
    session.execute(
        insert(Territory),
        [
            {"id": n, "register_key": register, "code": f"T{n}", "name": f"Район {n}"}
            for n in territories
        ],
    )
    numbers = range(1, schools + 1)
    session.execute(
        insert(School),
        [
            {
                "id": n,
                "register_key": register,
                "code": f"S{n:05}",
                "name": f"Школа № {n}",
                "territory_id": 1 + n // SCHOOLS_A_TERRITORY,
                "kind": "",
                "as_of_year": 2025,
            }
            for n in numbers
        ],
    )
    people = itertools.count(10)
    rows, held = [], []
    since = {"register_key": register, "since": date(2025, 1, 1)}
    nowhere = {"territory_id": None, "school_id": None}
    for n in territories:
        person = next(people)
        rows.append(_person(person))
        held.append(
            {"person_id": person, "role": Role.COORDINATOR, **since, **nowhere, "territory_id": n}
        )
    curator = 0
    for n in numbers:
        if n % SCHOOLS_A_CURATOR == 1:
            curator = next(people)
            rows.append(_person(curator))
        head = next(people)
        rows.append(_person(head))
        held.append(
            {"person_id": curator, "role": Role.CURATOR, **since, **nowhere, "school_id": n}
        )
        held.append({"person_id": head, "role": Role.HEAD, **since, **nowhere, "school_id": n})
    session.execute(insert(Person), rows)
    session.execute(insert(Appointment), held)
    return operator, _list(session, programme, operator, numbers, listed)


def _person(number: int) -> dict[str, object]:
    return {
        "id": number,
        "email": f"p{number}@example.org",
        "name": f"Человек {number}",
        "language": "ru",
        "is_active": True,
    }


def _list(
    session: Session, programme: Programme, operator: Person, numbers: range, listed: int
) -> Listing:
    keep(session, programme, at=AT)
    listing = Listing(
        register_key=programme.register,
        programme_key=programme.key,
        programme_sha256=programme.sha256,
        year=2025,
        version=1,
        judged=len(numbers),
        digest="bench",
        judged_at=AT,
    )
    session.add(listing)
    session.flush()
    session.execute(
        insert(Verdict),
        [
            {
                "listing_id": listing.id,
                "school_id": n,
                "listed": n <= listed,
                "categories": ["low_results"] if n <= listed else [],
                "grounds": [],
            }
            for n in numbers
        ],
    )
    acting = Acting(at=AT, recorded_at=AT, person=operator)
    values = {
        "programme": listing.programme_key,
        "sha256": listing.programme_sha256,
        "year": listing.year,
        "version": listing.version,
        "judged": listing.judged,
        "listed": [f"S{n:05}" for n in numbers if n <= listed],
        "digest": listing.digest,
    }
    append(session, acting.deed(f"listing:{listing.id}", "identify", values=values))
    return confirm_list(session, listing, acting)


def open_region(region: World) -> Progress:
    """Open the cycle and every case, as `opora cycle open` does without Prefect."""
    acting = region.acting()
    with transaction(region.engine) as session:
        cycle: Cycle = open_cycle(session, region.programme, region.listing, acting)
        arguments = {"cycle": cycle.id, "person": region.operator.id}
        run = begin(session, OPEN_CYCLE, str(cycle.id), arguments=arguments, at=AT)
    return advance(
        region.engine,
        run.id or 0,
        WORK[OPEN_CYCLE],
        acting,
        real_now=lambda: datetime.now(UTC),  # noqa: TID251  leases keep real time
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    return measured(work).seconds


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds on the wall, and of the processor: where others work too, only these say much."""

    seconds: float
    cpu: float


def measured(work: Callable[[], object]) -> Taken:
    """What the work took; what was built up before it leaves nothing to be tidied within it."""
    gc.collect()
    gc.freeze()
    start, cpu = time.perf_counter(), time.process_time()
    work()
    taken = Taken(time.perf_counter() - start, time.process_time() - cpu)
    gc.unfreeze()
    return taken


def against(ours: list[Taken], theirs: list[Taken]) -> str:
    """Medians of the paired rounds, on the wall and of the processor."""
    wall = ratio([one.seconds for one in ours], [one.seconds for one in theirs])
    cpu = [a.cpu / b.cpu for a, b in zip(ours, theirs, strict=True)]
    return f"{wall}, processor alone {statistics.median(cpu):.2f} ×"


def ratio(ours: list[float], theirs: list[float]) -> str:
    """The median of the ratios of the paired rounds, with the span."""
    pairs = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return (
        f"{statistics.median(pairs):.2f} × ({pairs[0]:.2f} to {pairs[-1]:.2f}, {len(pairs)} rounds)"
    )


@contextmanager
def copied(region: World) -> Iterator[World]:
    """The same region in a file of its own, with every index and trigger."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.db"
        copy_sqlite(region.path, path)
        engine = connect(f"sqlite:///{path}")
        yield replace(region, engine=engine, path=path)
        engine.dispose()


def heads(path: Path, tables: Iterable[str]) -> dict[str, int]:
    """The newest id of each table."""
    with closing(raw(path)) as connection:
        return {
            table: connection.execute(f"select coalesce(max(id), 0) from {table}").fetchone()[0]
            for table in tables
        }


Rows = dict[str, tuple[list[str], list[tuple[object, ...]]]]
"""Table → its columns, and rows as they are stored."""


def written_since(path: Path, before: Mapping[str, int]) -> Rows:
    """The rows that were added, to be written again by hand."""
    found = {}
    with closing(raw(path)) as connection:
        for table, head in before.items():
            cursor = connection.execute(f"select * from {table} where id > ? order by id", (head,))
            found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    return found


def insertion(table: str, columns: list[str]) -> str:
    """The statement that writes one row."""
    return f"insert into {table} ({','.join(columns)}) values ({','.join('?' * len(columns))})"


def raw(path: Path) -> sqlite3.Connection:
    """A bare connection with the same durability as ours."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
