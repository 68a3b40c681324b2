"""Judging a country's schools against the bare aggregates of the same rule in SQL, on one database.

40,000 schools, three years, eight procedures, the rule of the programme yugra; the listed schools of
both are compared. Memory is that of this whole process at its highest.
"""

import random
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from sqlmodel import Session

from analysis.bulk_judging import BulkJudgement
from analysis.judging import judge
from analysis.verdicts import Verdict
from bench.worlds import ratio, raw, timed
from casework.judgement.fact_columns import fact_columns
from casework.judgement.known_facts import school_facts
from models.schema import upgrade
from opora.database import connect
from programmes.definition import Programme
from programmes.folders import shipped
from programmes.reading import read_programme

YEAR, YEARS, SCHOOLS, ROUNDS, LOOKED_AT = 2025, (2023, 2024, 2025), 40_000, 3, 500

AGGREGATES = """
with word as (
  select school_id, max(value) filter (where name = 'level') as level,
    max(value) filter (where name = 'small') as small,
    max(value) filter (where name = 'settlement') as settlement
  from fact where name in ('level', 'small', 'settlement') group by school_id),
grouped as (
  select school_id, case level when 'advanced' then 0.15 else 0.30 end as low_share,
    case when level = 'special' or level <> 'advanced' and small = 'yes' and settlement = 'rural'
      then 2 else 5 end as fewest
  from word),
cell as (
  select p.school_id, p.procedure, p.year,
    case when cast(p.value as integer) >= g.fewest and o.value is not 'yes'
      then 1.0 * b.value / p.value >= g.low_share end as low
  from fact p
  join fact b on b.school_id = p.school_id and b.year = p.year and b.procedure = p.procedure
    and b.name = 'below_threshold'
  join grouped g on g.school_id = p.school_id
  left join fact o on o.school_id = p.school_id and o.year = p.year
    and o.procedure = p.procedure and o.name = 'biased'
  where p.name = 'participants' and p.year <= 2025),
newest as (
  select *, row_number() over (partition by school_id, procedure order by low is null, year desc)
    as place, max(year) over (partition by school_id, procedure) as latest
  from cell),
ground as (
  select school_id, sum(low) >= 2 as holds from cell where year = 2025 group by school_id
  union all
  select school_id, sum(low) = 2 from newest
  where place <= 2 and low is not null and latest = 2025 group by school_id, procedure)
select school_id from ground group by school_id having max(holds)
"""


def measure(scale: float) -> Iterator[str]:
    programme = read_programme(shipped()["yugra"])
    schools = int(SCHOOLS * scale)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        url = f"sqlite:///{path}"
        upgrade(url, url)
        cells = _fill(path, programme, schools)
        engine = connect(url)
        with Session(engine) as session:
            yield from _compare(session, path, programme, cells)
            yield from _explained(session, programme, schools)
        engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    yield f"memory at its highest: {peak * (1 if sys.platform != 'darwin' else 1 / 1024):.2f} GiB"


def _compare(session: Session, path: Path, programme: Programme, cells: int) -> Iterator[str]:
    """Verdict, categories and reasons of every school, against the aggregates alone."""
    ours, theirs, listed = [], [], []
    connection = raw(path)
    for _ in range(ROUNDS):
        found: list[tuple[int]] = []
        theirs.append(timed(partial(_gather, connection, found)))
        verdicts: list[Verdict] = []
        ours.append(timed(partial(_judge, session, programme, verdicts)))
        by_hand = {f"S{school:05}" for (school,) in found}
        listed.append(by_hand == {one.school for one in verdicts if one.listed})
    connection.close()
    yield (
        f"{len(verdicts)} schools, {cells} facts: judged in {min(ours):.1f} s, the aggregates in SQL "
        f"in {min(theirs):.1f} s: {ratio(ours, theirs)}; {len(by_hand)} listed, same: {all(listed)}"
    )


def _gather(connection: sqlite3.Connection, found: list[tuple[int]]) -> None:
    found += connection.execute(AGGREGATES).fetchall()


def _judge(session: Session, programme: Programme, found: list[Verdict]) -> None:
    table = fact_columns(session, programme, YEAR, open_only=True)
    found += BulkJudgement(programme.identification, table, {}).verdicts


def _explained(session: Session, programme: Programme, schools: int) -> Iterator[str]:
    rules = programme.identification
    table = fact_columns(session, programme, YEAR, open_only=True)
    found = []
    seconds = timed(lambda: found.append(judge(rules, table, YEAR)))
    looked = sum(bool(one.grounds) for one in found[0].verdicts)
    yield f"with the grounds of the {looked} schools that carry a category: {seconds:.1f} s"
    some = list(
        islice(school_facts(session, programme, YEAR, codes=table.schools[:LOOKED_AT]), LOOKED_AT)
    )
    alone = timed(lambda: judge(rules, some, YEAR)) / len(some)
    yield f"one by one {alone * 1e3:.2f} ms a school without reading: {alone * schools:.0f} s for all"


def _fill(path: Path, programme: Programme, schools: int) -> int:
    connection = sqlite3.connect(path)
    connection.execute("pragma synchronous = off")
    register = programme.register
    connection.executemany(
        "insert into territory (id, register_key, code, name) values (?, ?, ?, '')",
        ((n, register, f"T{n}") for n in range(1, schools // 50 + 2)),
    )
    connection.executemany(
        "insert into school (id, register_key, code, name, territory_id, kind, as_of_year)"
        " values (?, ?, ?, '', ?, '', ?)",
        ((n, register, f"S{n:05}", 1 + n // 50, YEAR) for n in range(1, schools + 1)),
    )
    connection.execute(
        "insert into import_run (id, register_key, profile, file, sha256, person_id, at, added,"
        " changed, unchanged, left_out, rejected) values (1, ?, '', 'x.csv', '', 1, '', 0, 0, 0, 0, 0)",
        (register,),
    )
    connection.executemany(
        "insert into fact (school_id, year, procedure, name, value, import_id, sheet, row)"
        " values (?, ?, ?, ?, ?, 1, '', 1)",
        _facts(list(programme.identification.procedures), schools),
    )
    connection.execute("analyze")
    connection.commit()
    ((number,),) = connection.execute("select count(*) from fact")
    connection.close()
    return int(number)


def _facts(procedures: list[str], schools: int) -> Iterator[tuple[int, int, str, str, str]]:
    chance = random.Random(1)
    levels, sizes = ("ordinary", "advanced", "special"), ("no", "yes")
    for school in range(1, schools + 1):
        usual = chance.gauss(0.10, 0.05)
        yield school, YEAR, "", "level", chance.choices(levels, (90, 7, 3))[0]
        yield school, YEAR, "", "small", chance.choices(sizes, (85, 15))[0]
        yield school, YEAR, "", "settlement", chance.choice(("rural", "urban"))
        for year in YEARS:
            for procedure in procedures:
                took = 3 + int(chance.expovariate(1 / 40))
                share = min(max(chance.gauss(usual, 0.05), 0), 1)
                yield school, year, procedure, "participants", str(took)
                yield school, year, procedure, "below_threshold", str(round(took * share))
                if chance.random() < 0.01:
                    yield school, year, procedure, "biased", "yes"
