"""Partners for 2,000 schools among 500 candidates: how long the market and the assignment take, and the
same assignment as an integer programme (HiGHS) on a tenth of it."""

import random
import resource
import time
from collections.abc import Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from analysis.markets import Candidate, Seeker, partner_market
from analysis.pairing import Market, pair_up
from analysis.partner_rules import Alike, Distance, Partners

SCHOOLS, CANDIDATES, STRENGTHS, TERRITORIES = 2_000, 500, 8, 40
RULES = Partners(
    alike=(Alike(fact="level"),),
    distance=Distance(latitude="lat", longitude="lon", farthest_km=200),
)


def measure(scale: float) -> Iterator[str]:
    yield _ours(int(SCHOOLS * scale), int(CANDIDATES * scale))
    small = market(int(SCHOOLS * scale / 10), int(CANDIDATES * scale / 10))
    start = time.perf_counter()
    ours = pair_up(small)
    middle = time.perf_counter()
    theirs = by_integer_programme(small)
    end = time.perf_counter()
    paired = [pair for pair in ours.chosen.items() if pair[1] is not None]
    yield (
        f"{len(small.seekers)} × {len(small.candidates)}: {middle - start:.2f} s, HiGHS "
        f"{end - middle:.2f} s; pairs {len(paired)} and {theirs[0]}, scores {ours.total} and {theirs[1]}"
    )


def _ours(schools: int, candidates: int) -> str:
    start = time.perf_counter()
    laid_out = market(schools, candidates)
    middle = time.perf_counter()
    found = pair_up(laid_out)
    end = time.perf_counter()
    alone = sum(one is None for one in found.chosen.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return (
        f"{schools} schools × {candidates} candidates: laid out in {middle - start:.1f} s, paired in "
        f"{end - middle:.1f} s, {alone} alone, peak {peak} MiB"
    )


def market(schools: int, candidates: int) -> Market:
    chance = random.Random(7)

    def place() -> tuple[float, float]:
        return 60 + chance.random() * 3, 70 + chance.random() * 8

    return partner_market(
        RULES,
        [
            Seeker(
                key=f"{n:06}",
                territory=str(chance.randrange(TERRITORIES)),
                position=place(),
                weakest=chance.randrange(STRENGTHS),
                alike=("ordinary",),
            )
            for n in range(schools)
        ],
        [
            Candidate(
                key=f"c{n:05}",
                capacity=chance.randint(3, 6),
                territories=frozenset({str(chance.randrange(TERRITORIES))}),
                position=place(),
                strengths=tuple(chance.random() for _ in range(STRENGTHS)),
                alike=("ordinary" if chance.random() < 0.9 else "special",),
                preference=chance.choice([1, 0.8, 0.5]),
            )
            for n in range(candidates)
        ],
    )


def by_integer_programme(laid_out: Market) -> tuple[int, int]:
    """Pairs and the sum of scores: as many pairs as possible, then the best."""
    rows, columns = np.nonzero(laid_out.is_open)
    scores = laid_out.scores[rows, columns].astype(float)
    ones, numbers = np.ones(len(rows)), np.arange(len(rows))
    shape = (len(laid_out.seekers), len(laid_out.candidates))
    each = coo_matrix((ones, (rows, numbers)), shape=(shape[0], len(rows))).tocsr()
    room = coo_matrix((ones, (columns, numbers)), shape=(shape[1], len(rows))).tocsr()
    found = milp(
        -(scores + scores.max() * len(laid_out.seekers)),
        constraints=[
            LinearConstraint(each, ub=1),
            LinearConstraint(room, ub=np.array(laid_out.capacities)),
        ],
        integrality=ones,
        bounds=Bounds(0, 1),
    )
    taken = np.round(found.x)
    return int(taken.sum()), int((scores * taken).sum())
