"""What `lists.yaml` may say, and what each mistake in it is told."""

import pytest

from opora.errors import ProgrammeInvalid
from programmes.folders import files_of, shipped
from programmes.lists import CapOf, CapPer, Demand
from programmes.reading import read_programme_files

WORDS = "{ru: слово, en: word}"


def read(lists: str, key: str = "yugra"):
    return read_programme_files({**files_of(shipped()[key]), "lists.yaml": lists}, name=key)


def test_a_programme_says_who_is_judged_designated_and_heard():
    lists = read(
        f"""
coverage:
  demands: row_in_year
  leave_out: [{{kinds: [Вечерняя школа], words: {WORDS}}}]
designation:
  caps: [{{at_most: 20}}, {{share: 0.025, of: judged, per: territory}}]
objections: {{within: 10}}
"""
    ).lists
    assert lists.coverage.demands is Demand.ROW_IN_YEAR
    assert lists.designation.caps[1].per is CapPer.TERRITORY
    assert (lists.designation.caps[0].of, lists.designation.caps[0].share) == (
        CapOf.ELIGIBLE,
        None,
    )
    assert (lists.objections.within, lists.objections.appeals_within) == (10, None)


@pytest.mark.parametrize(
    ("lists", "line", "problem"),
    [
        ("designation:\n  caps:\n    - {of: judged}\n", 3, "exactly one of: at_most, share"),
        ("designation:\n  caps:\n    - {at_most: 1, share: 0.5}\n", 3, "exactly one of"),
        ("designation:\n  caps:\n    - {share: 1.5}\n", 3, "Write 1 or less"),
        ("coverage:\n  demands: some\n", 2, "every_open_school"),
        ("objections:\n  within: 0\n", 2, "Write 1 or more"),
        ("objections:\n  wihtin: 3\n", 2, "the key wihtin is not known here"),
        (
            f"coverage:\n  leave_out:\n    - {{kinds: [A, A], words: {WORDS}}}\n",
            3,
            "left out twice",
        ),
        ("coverage:\n  leave_out:\n    - {kinds: [A]}\n", 3, "words is missing"),
        ("watch: {years: 2, left_in: moon}\n", 1, "the fact moon is not declared"),
        ("watch: {years: 2, left_in: founder}\n", 1, "holds no year of a school"),
        ("watch: {years: 2, category: moon}\n", 1, "the category moon is not declared"),
        (
            f"participation:\n  cases: low\n  categories: {{partner: {{words: {WORDS}}}}}\n",
            2,
            "the category of participation low is not declared",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(lists, line, problem):
    with pytest.raises(ProgrammeInvalid) as refused:
        read(lists)
    (fault,) = refused.value.faults
    assert str(fault).startswith(f"lists.yaml:{line}")
    assert problem in str(fault)


def test_a_cap_within_peer_groups_needs_peer_groups():
    lists = "designation: {caps: [{at_most: 1, per: peer_group}]}\n"
    assert read(lists).lists.designation
    with pytest.raises(ProgrammeInvalid) as refused:
        read(lists, "north-carolina")
    assert "the programme has none" in str(refused.value.faults[0])
