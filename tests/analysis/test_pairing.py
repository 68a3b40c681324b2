"""Laws of the assignment: capacities, optimality, the order of input, persons' pairs."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from analysis.markets import Candidate, Seeker, curator_market, distances, partner_market
from analysis.pairing import CAPACITY, NOBODY, Market, best_for, binding, pair_up, total_of, weighed
from analysis.partner_rules import (
    Alike,
    Between,
    Conflict,
    CuratorRules,
    Distance,
    Partners,
    Unknown,
)
from opora.errors import InputRefused


@st.composite
def markets(draw, most=6):
    seekers = draw(st.integers(1, most))
    candidates = draw(st.integers(1, most))
    cells = st.integers(0, 4).map(lambda n: n / 4)
    score = draw(st.lists(cells, min_size=seekers * candidates, max_size=seekers * candidates))
    closed = draw(
        st.lists(st.booleans(), min_size=seekers * candidates, max_size=seekers * candidates)
    )
    shape = (seekers, candidates)
    return Market(
        seekers=tuple(f"s{n}" for n in range(seekers)),
        candidates=tuple(f"c{n}" for n in range(candidates)),
        capacities=tuple(
            draw(st.lists(st.integers(0, 3), min_size=candidates, max_size=candidates))
        ),
        barriers={"barred": np.array(closed, dtype=np.bool_).reshape(shape)},
        parts={"pool": np.array(score).reshape(shape)},
        weights={"pool": 2.0},
        balance=draw(st.sampled_from([0.0, 1.0])),
    )


def loads(market, chosen):
    return {c: sum(one == c for one in chosen.values()) for c in market.candidates}


def worth(market, chosen):
    """What is maximised: first how many, then how good."""
    return sum(one is not None for one in chosen.values()), total_of(market, chosen)


def is_allowed(market, chosen):
    open_pairs = all(
        market.is_open[market.row_of[a], market.column_of[b]]
        for a, b in chosen.items()
        if b is not None
    )
    room = dict(zip(market.candidates, market.capacities, strict=True))
    return open_pairs and all(many <= room[c] for c, many in loads(market, chosen).items())


@settings(max_examples=60, deadline=None)
@given(markets())
def test_no_capacity_is_exceeded_and_no_barrier_is_crossed(market):
    assert is_allowed(market, pair_up(market).chosen)


@settings(max_examples=60, deadline=None)
@given(markets())
def test_no_swap_and_no_single_change_is_better(market):
    chosen = dict(pair_up(market).chosen)
    best = worth(market, chosen)
    for a, b in permutations(market.seekers, 2):
        swapped = {**chosen, a: chosen[b], b: chosen[a]}
        assert not is_allowed(market, swapped) or worth(market, swapped) <= best
    for a in market.seekers:
        for other in (*market.candidates, None):
            changed = {**chosen, a: other}
            assert not is_allowed(market, changed) or worth(market, changed) <= best


@settings(max_examples=40, deadline=None)
@given(markets(most=3))
def test_it_is_the_best_of_all_assignments(market):
    def every(left):
        if not left:
            yield {}
            return
        for rest in every(left[1:]):
            for one in (*market.candidates, None):
                yield {left[0]: one, **rest}

    best = max(worth(market, one) for one in every(market.seekers) if is_allowed(market, one))
    assert worth(market, pair_up(market).chosen) == best


@settings(max_examples=40, deadline=None)
@given(markets(), st.data())
def test_a_fixed_pair_stays_whatever_forbids_it(market, data):
    places = [c for c, room in zip(market.candidates, market.capacities, strict=True) if room]
    if not places:
        return
    fixed = {market.seekers[0]: data.draw(st.sampled_from(places))}
    found = pair_up(market, fixed).chosen
    assert found[market.seekers[0]] == fixed[market.seekers[0]]
    room = dict(zip(market.candidates, market.capacities, strict=True))
    assert all(many <= room[c] for c, many in loads(market, found).items())


def test_more_fixed_pairs_than_places_are_refused():
    market = Market(seekers=("a", "b"), candidates=("x",), capacities=(1,))
    with pytest.raises(InputRefused):
        pair_up(market, {"a": "x", "b": "x"})


# --- what a market is made of ---------------------------------------------------------------------

RULES = Partners(alike=(Alike(fact="language"),), conflicts=(Conflict(between=("01", "x")),))


def seeker(key, **more):
    return Seeker(**({"key": key, "territory": "T", "alike": ("ru",), "weakest": 0} | more))


def candidate(key, **more):
    usual = {"key": key, "capacity": 1, "territories": frozenset({"T"}), "alike": ("ru",)}
    return Candidate(**(usual | {"strengths": (0.5,)} | more))


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)), st.permutations(range(5)))
def test_the_order_of_input_plays_no_part(first, second):
    seekers = [seeker(f"s{n}", weakest=n % 2) for n in range(6)]
    candidates = [candidate(f"c{n}", strengths=(n % 2, 1 - n % 2)) for n in range(5)]
    straight = pair_up(partner_market(RULES, seekers, candidates))
    mixed = pair_up(
        partner_market(RULES, [seekers[n] for n in first], [candidates[n] for n in second])
    )
    assert mixed == straight


def test_of_equal_candidates_the_earlier_identifier_goes_first():
    market = partner_market(RULES, [seeker("s")], [candidate("c9"), candidate("c1")])
    assert pair_up(market).chosen == {"s": "c1"}


def test_strength_counts_where_the_school_is_weakest():
    able = candidate("c2", strengths=(0.9, 0.1))
    other = candidate("c1", strengths=(0.1, 0.9))
    assert pair_up(partner_market(RULES, [seeker("s")], [other, able])).chosen == {"s": "c2"}
    weak = [seeker("s", weakest=1)]
    assert pair_up(partner_market(RULES, weak, [other, able])).chosen == {"s": "c1"}


def test_a_conflict_of_interest_language_and_a_failed_pair_forbid():
    market = partner_market(
        RULES,
        [seeker("01", failed=frozenset({"y"}), barred=frozenset({"w"}))],
        [candidate("w"), candidate("x"), candidate("y"), candidate("z", alike=("tt",))],
    )
    said = {one: weighed(market, "01", one).barriers for one in market.candidates}
    assert said == {
        "w": ("barred",),
        "x": ("conflict",),
        "y": ("failed_pair",),
        "z": ("alike.language",),
    }
    assert pair_up(market).chosen == {"01": None}
    assert binding(market, "01").opens == 1


def test_who_is_left_alone_is_told_the_binding_constraint():
    market = partner_market(
        RULES, [seeker("a"), seeker("b"), seeker("c", alike=("tt",))], [candidate("x2")]
    )
    chosen = pair_up(market).chosen
    assert chosen == {"a": "x2", "b": None, "c": None}
    assert binding(market, "b").barrier == CAPACITY
    assert (binding(market, "c").barrier, binding(market, "c").opens) == ("alike.language", 1)


def test_without_any_candidate_nobody_is_paired_and_that_is_said():
    market = partner_market(RULES, [seeker("a")], [])
    assert pair_up(market).chosen == {"a": None}
    assert binding(market, "a").barrier == NOBODY
    assert pair_up(partner_market(RULES, [], [candidate("x")])).chosen == {}


def test_distance_comes_from_coordinates_or_from_the_table_and_may_forbid():
    rule = Distance(
        latitude="lat",
        longitude="lon",
        between=(Between(territories=("T", "U"), km=80),),
        farthest_km=100,
        unknown=Unknown.REFUSE,
    )
    seekers = [seeker("s", position=(61.0, 69.0))]
    found = [
        candidate("a", position=(61.0, 69.0)),
        candidate("b", position=(62.0, 69.0)),
        candidate("c", territories=frozenset({"U"})),
        candidate("d", territories=frozenset({"V"})),
    ]
    km = distances(rule, seekers, found)[0]
    assert km[0] == 0
    assert km[1] == pytest.approx(111.2, abs=0.1)
    assert km[2] == 80
    market = partner_market(RULES.model_copy(update={"distance": rule}), seekers, found)
    assert [weighed(market, "s", one).barriers for one in "abcd"] == [
        (),
        ("distance",),
        (),
        ("distance",),
    ]
    assert [one.candidate for one in best_for(market, "s", 5)] == ["a", "c"]


def test_a_pool_may_serve_some_schools_only():
    services = candidate("x", serves=frozenset({"a"}), is_school=False, alike=())
    market = partner_market(RULES, [seeker("a"), seeker("b")], [services])
    assert pair_up(market).chosen == {"a": "x", "b": None}
    assert binding(market, "b").barrier == "serves"


def test_curators_keep_their_schools_and_share_the_rest_evenly():
    people = [
        Candidate(key="p1", capacity=5, territories=frozenset({"T"}), is_school=False),
        Candidate(key="p2", capacity=5, territories=frozenset({"T"}), is_school=False),
    ]
    schools = [seeker("a", kept="p2"), seeker("b"), seeker("c"), seeker("d")]
    market = curator_market(CuratorRules(), schools, people)
    chosen = pair_up(market).chosen
    assert chosen["a"] == "p2"
    assert sorted(loads(market, chosen).values()) == [2, 2]


def test_a_curator_speaks_the_language_and_does_not_head_the_school():
    rules = CuratorRules(language="language", same_territory=True)
    people = [
        Candidate(key="p1", capacity=5, languages=frozenset({"ru"}), is_school=False),
        Candidate(key="p2", capacity=5, languages=frozenset({"tt"}), is_school=False),
    ]
    schools = [seeker("a", language="tt"), seeker("b", own=frozenset({"p1"}), language="ru")]
    market = curator_market(rules, schools, people)
    assert pair_up(market).chosen == {"a": "p2", "b": None}
    assert weighed(market, "b", "p1").barriers == ("own_school",)
