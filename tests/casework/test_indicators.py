"""The sums behind indicators: equal to a naive recount, and unknown is never zero."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from sqlmodel import col, select

from casework.indicators.indicators import (
    Fraction,
    _fraction,
    _Numbers,
    fractions,
    joined,
    reached,
    region_of,
)
from models.case import Case
from models.school import Fact, School, Territory
from models.task import Task
from opora.database import reading
from programmes.indicators import Direction, Indicator, Indicators
from states.task_machine import TaskState
from tests.worlds import OPENED, YEAR, finish_task, small_world

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


# --- of a whole region, from its rows -------------------------------------------------------------

KINDS: dict[str, dict[str, object]] = {
    "sum": {"numerator": {"fact": "wellbeing_index"}},
    "share": {
        "numerator": {"fact": "incomplete_families"},
        "denominator": {"fact": "wellbeing_index"},
    },
    "adverse": {
        "numerator": {"schools": {"fact": "wellbeing_index", "below": 40}},
        "denominator": {"every": "school"},
    },
    "tasks": {"numerator": {"tasks": "accepted"}, "denominator": {"tasks": "all"}},
}
DECLARED = Indicators.model_validate(
    {
        "indicators": {
            f"{key}_{level}_{among}": {
                "words": {"ru": "х", "en": "x"},
                "level": level,
                "among": among,
                **parts,
            }
            for level in ("region", "municipality", "school")
            for among in ("cases", "schools")
            for key, parts in KINDS.items()
        }
    }
)
KNOWN = st.none() | st.sampled_from((Decimal("39.9"), Decimal(40))) | st.decimals(0, 100, places=1)


def place_of(level, school, territory):
    return {"region": "", "municipality": f"territory:{territory}"}.get(level, f"school:{school}")


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],  # a region is dear: the first one that differs tells enough
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(KNOWN, KNOWN), min_size=5, max_size=5), st.sets(st.integers(0, 11)))
def test_indicators_of_a_region_equal_a_recount_of_its_rows(engine, drawn, done):
    with reading(engine) as session:  # nothing is kept: each region is made anew
        world = small_world(session, schools=4)
        schools = session.exec(select(School).order_by(col(School.code))).all()
        run = session.exec(select(Fact.import_id)).first()
        known = dict(zip((one.code for one in schools), drawn, strict=True))
        for school in schools:
            names = ("wellbeing_index", "incomplete_families")
            for name, value in zip(names, known[school.code], strict=True):
                if value is not None:
                    said = {"procedure": "", "name": name, "value": str(value), "row": 99}
                    session.add(Fact(school_id=school.id, year=YEAR, import_id=run, **said))
        of_cases = select(Task).where(col(Task.case_id).is_not(None)).order_by(col(Task.id))
        for number, task in enumerate(session.exec(of_cases).all()):
            if number in done:
                finish_task(session, world, task, OPENED + timedelta(days=1))
        region = region_of(session, world.cycle)
        region = replace(region, programme=replace(region.programme, indicators=DECLARED))
        rows = recount(session, schools, known)
        for key in DECLARED.indicators:
            kind, level, among = key.split("_")
            found = {place: one.value for place, one in fractions(region, key).items()}
            assert found == {
                place: above / below if below else None
                for place, (above, below) in rows[kind, level, among].items()
            }, key


def recount(session, schools, known):
    """(kind, level, among) → place → numerator and denominator, by loops over rows alone."""
    codes = {one.id: one.code for one in session.exec(select(Territory)).all()}
    cases = session.exec(select(Case)).all()
    supported = {one.school_id: one.id for one in cases}
    tasks = session.exec(select(Task)).all()
    counted: dict[tuple[str, str, str], dict[str, list[Decimal]]] = {}
    for level in ("region", "municipality", "school"):
        for among in ("cases", "schools"):
            chosen = [one for one in schools if among == "schools" or one.id in supported]
            for kind in ("sum", "share", "adverse", "tasks"):
                places = counted.setdefault((kind, level, among), {})
                for one in chosen:
                    place = place_of(level, one.code, codes[one.territory_id])
                    pair = places.setdefault(place, [Decimal(), Decimal()])
                    index, families = known[one.code]
                    if kind == "sum" and index is not None:
                        pair[0], pair[1] = pair[0] + index, Decimal(1)
                    elif kind == "share" and None not in (index, families):
                        pair[0], pair[1] = pair[0] + families, pair[1] + index
                    elif kind == "adverse" and index is not None:
                        pair[0], pair[1] = pair[0] + (index < 40), pair[1] + 1
                if kind == "tasks":
                    count_tasks(places, tasks, (level, chosen, supported, codes))
    return counted


def count_tasks(places, tasks, where):
    level, chosen, supported, codes = where
    of_case = {supported.get(one.id): one for one in chosen}
    for task in tasks:
        if task.state is TaskState.CANCELLED:
            continue
        school = of_case.get(task.case_id) if task.case_id is not None else None
        if school is not None:
            place = place_of(level, school.code, codes[school.territory_id])
        elif task.case_id is None and level != "school":
            place = "" if level == "region" else f"territory:{codes.get(task.territory_id)}"
        else:
            continue
        if place in places:
            pair = places[place]
            pair[0], pair[1] = pair[0] + (task.state is TaskState.ACCEPTED), pair[1] + 1
