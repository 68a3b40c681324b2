"""The sums behind indicators: equal to a naive recount, and unknown is never zero."""

from decimal import Decimal

from hypothesis import given, strategies as st

from casework.indicators import Fraction, _fraction, _Numbers, joined, reached
from programmes.indicators import Direction, Indicator

NUMBERS = st.one_of(st.none(), st.decimals(0, 1000, places=1))
SCHOOLS = st.dictionaries(st.integers(1, 12).map(str), st.tuples(NUMBERS, NUMBERS), max_size=12)


def indicator(target, direction=Direction.UP):
    entered = {"entered": True}
    words = {"ru": "х", "en": "x"}
    return Indicator(
        words=words, level="region", numerator=entered, target=target, direction=direction
    )


def numbers(schools, part):
    return _Numbers(by_school=lambda: {code: pair[part] for code, pair in schools.items()})


@given(SCHOOLS)
def test_an_indicator_equals_the_naive_recount(schools):
    codes = sorted(schools)
    found = _fraction(
        "",
        codes,
        numbers(schools, 0),
        numbers(schools, 1),
    )
    above = below = Decimal()
    unknown = 0
    for part, whole in schools.values():
        if part is None or whole is None:
            unknown += 1
        else:
            above, below = above + part, below + whole
    assert found.unknown == unknown
    assert found.value == (above / below if below else None)


@given(st.lists(SCHOOLS, max_size=5))
def test_places_joined_are_the_whole_counted_at_once(places):
    parts = [_fraction("", sorted(place), numbers(place, 0), numbers(place, 1)) for place in places]
    pairs = [pair for place in places for pair in place.values() if None not in pair]
    whole = joined(parts)
    assert (whole.numerator or 0) == sum(pair[0] for pair in pairs)
    assert (whole.denominator or 0) == sum(pair[1] for pair in pairs)


def test_a_school_without_a_number_is_in_neither_part_and_is_told():
    numerator = _Numbers(by_school=lambda: {"1": Decimal(1), "2": None})
    denominator = _Numbers(by_school=lambda: {"1": Decimal(2), "2": Decimal(5)})
    found = _fraction("", ["1", "2"], numerator, denominator)
    assert found == Fraction(Decimal(1), Decimal(2), 1)


def test_a_denominator_of_zero_gives_no_value():
    assert Fraction(Decimal(1), Decimal(0)).value is None


def test_better_than_the_baseline_depends_on_the_direction():
    before = {"baseline": Decimal("0.3"), "cluster": None, "region": None}
    up, down = indicator({"above": "baseline"}), indicator({"above": "baseline"}, Direction.DOWN)
    assert reached(up, Decimal("0.4"), before) is True
    assert reached(down, Decimal("0.4"), before) is False
    assert reached(down, Decimal("0.2"), before) is True
    assert reached(up, None, before) is None
    assert reached(indicator({"above": "region"}), Decimal(1), before) is None
    assert reached(indicator({"at_most": "0.5"}), Decimal("0.5"), before) is True
