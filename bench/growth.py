"""How time and memory grow: opening, round, one action and verify over ever more cases."""

import re
import resource
import statistics
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from sqlmodel import select

from audit.verification import verify
from bench.action import _actions
from bench.reminding import DAY, _make_due, _round
from bench.worlds import World, open_region, timed, world
from models.cycle import Listing
from models.people import Installation, Person
from opora.database import connect, reading
from programmes.folders import shipped
from programmes.reading import read_programme

NEXT = DAY + timedelta(days=7)
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
DUE = 100
"""One task in so many is due in the round."""

STEPS: Mapping[str, Callable[[World], float]] = {
    "opening": lambda region: timed(lambda: open_region(region)),
    "round": lambda region: timed(lambda: _round(region, NEXT)),
    "action": lambda region: statistics.median(_actions(region)),
    "verify": lambda region: timed(lambda: verify(region.engine)),
}


def measure(scale: float) -> Iterator[str]:
    """Sizes up to 10,000 cases by default; `--scale 10` goes to 100,000."""
    before: dict[str, float] = {}
    for cases in (size for size in SIZES if size <= 10_000 * scale):
        now, said = {}, []
        with world(cases) as region:
            for name in STEPS:
                if name == "round":
                    _make_due(region, DUE, NEXT)
                now[name], memory = _alone(name, region.path)
                grown = f" (× {now[name] / before[name]:.1f})" if before else ""
                said.append(f"{name} {_shown(now[name])}{grown}, {memory:.0f} MiB")
        yield f"{cases:>7} cases: {'; '.join(said)}"
        before = now


def _alone(name: str, path: Path) -> tuple[float, float]:
    """Seconds and the most memory (MiB) of one step, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(step, name, path).result()


def step(name: str, path: Path) -> tuple[float, float]:
    """One step over the region in that file; what the process needs at all is part of the memory."""
    engine = connect(f"sqlite:///{path}")
    with reading(engine) as session:
        bound = session.get_one(Installation, 1)
        operator = session.get_one(Person, bound.person_id)
        listing = session.exec(select(Listing)).one()
    region = World(engine, path, read_programme(shipped()["yugra"]), operator, listing)
    seconds = STEPS[name](region)
    engine.dispose()
    return seconds, _peak()


def _peak() -> float:
    """MiB. Linux hands `ru_maxrss` on from the parent through fork and exec, so its own word first."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # macOS: bytes


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"
