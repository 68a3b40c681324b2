"""How time and memory grow: opening, round, one action and verify over ever more cases."""

import resource
import statistics
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

from audit.verification import verify
from bench.action import _actions
from bench.reminding import DAY, _make_due, _round
from bench.worlds import open_region, timed, world

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
DUE = 100
"""One task in so many is due in the round."""


def measure(scale: float) -> Iterator[str]:
    """Sizes up to 10,000 cases by default; `--scale 10` goes to 100,000."""
    before: dict[str, float] = {}
    for cases in (size for size in SIZES if size <= 10_000 * scale):
        # a process of its own for each size: what one needed at most says nothing of the next
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            now = alone.submit(figures, cases).result()
        grown = ", ".join(f"{name} × {now[name] / before[name]:.1f}" for name in before)
        yield (
            f"{cases:>7} cases: opening {now['opening']:.2f} s, round {now['round'] * 1000:.0f} ms, "
            f"action {now['action'] * 1000:.2f} ms, verify {now['verify']:.2f} s, "
            f"{now['memory']:.0f} MiB at most" + (f"; {grown}" if grown else "")
        )
        before = now


def figures(cases: int) -> dict[str, float]:
    """Seconds, and the most memory (MiB) that the work after the opening needed."""
    with world(cases) as region:
        opening = timed(lambda: open_region(region))
        _make_due(region, DUE)
        a_round = timed(lambda: _round(region, DAY + timedelta(days=7)))
        action = statistics.median(_actions(region))
        checking = timed(lambda: verify(region.engine))
    return {
        "opening": opening,
        "round": a_round,
        "action": action,
        "verify": checking,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if sys.platform == "linux"
        else 0.0,
    }
