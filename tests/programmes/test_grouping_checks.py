"""Hostile and careless clusters and partners: each fault is told with its file, line and cure."""

from typing import cast

import pytest

from opora.errors import ProgrammeInvalid
from programmes.faults import Fault
from programmes.folders import files_of, shipped
from programmes.reading import read_programme_files

FILES = files_of(shipped()["yugra"])


def faults(name, old, new):
    assert old in FILES[name]
    with pytest.raises(ProgrammeInvalid) as refused:
        read_programme_files({**FILES, name: FILES[name].replace(old, new, 1)})
    found = cast("tuple[Fault, ...]", refused.value.faults)
    assert {one.file for one in found} == {name}
    assert all(one.line and one.cure for one in found)
    return " ".join(map(str, found))


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("clusters.yaml", "{fact: on_registers}", "{fact: moods}", "moods"),
        ("clusters.yaml", "{fact: on_registers}", "{fact: level}", "no number"),
        ("clusters.yaml", "{fact: on_registers}", "{fact: share_below}", "twice"),
        (
            "clusters.yaml",
            "{fact: on_registers}",
            "{fact: on_registers, procedure: oge_math}",
            "no procedure",
        ),
        ("clusters.yaml", "key: teaching", "key: double", "twice"),
        ("clusters.yaml", "decision: cluster", "decision: weather", "weather"),
        ("clusters.yaml", "{category: adverse_conditions}", "{category: nice}", "nice"),
        ("clusters.yaml", "{category: adverse_conditions}", "{python: exit()}", "condition"),
        ("clusters.yaml", "most: 5", "most: 1", "most"),
        ("clusters.yaml", "fewest: 2", "fewest: 6", "fewest"),
        ("clusters.yaml", "known_at_least: 0.6", "known_at_least: 2", "known_at_least"),
        (
            "clusters.yaml",
            "when: {all: [{category: low_results}, {category: adverse_conditions}]}",
            "when: {always: true}",
            "nothing behind it",
        ),
        (
            "clusters.yaml",
            "{category: adverse_conditions}",
            "{fact: level, is: odd}",
            "never odd",
        ),
        (
            "partners.yaml",
            'when: {all: [{fact: innovation_site, is: "yes"}, {not: {category: low_results}}]}',
            "when: {all: [{fact: wellbeing_index, below: 10}, {fact: wellbeing_index, above: 20}]}",
            "contradict",
        ),
        ("partners.yaml", "theme: innovation_theme", "theme: colour", "colour"),
        ("partners.yaml", "latitude: latitude,", "latitude: level,", "no number"),
        ("partners.yaml", "latitude: latitude,", "", "latitude and longitude"),
        ("partners.yaml", "key: improvers", "key: resilient", "twice"),
        ("partners.yaml", "decision: partner", "decision: weather", "weather"),
        ("partners.yaml", "procedure: oge_math", "procedure: oge_magic", "oge_magic"),
        ("partners.yaml", "better: lower", "better: blue", "better"),
        ("partners.yaml", "capacity: 3", "capacity: 0", "capacity"),
        ("partners.yaml", "preference: 1\n", "preference: .nan\n", "preference"),
        (
            "partners.yaml",
            "organisations: []",
            "organisations: [{key: c, words: {ru: Ц, en: C}, pool: none}]",
            "none",
        ),
        (
            "partners.yaml",
            "theme: innovation_theme",
            'theme: innovation_theme\nconflicts: [{between: ["1", "1"]}]',
            "both sides",
        ),
        (
            "partners.yaml",
            "theme: innovation_theme",
            "theme: innovation_theme\nalike: [{fact: participants}]",
            "per procedure",
        ),
    ],
)
def test_a_fault_names_its_place_and_its_cure(name, old, new, told):
    assert told in faults(name, old, new)


def test_a_programme_may_foresee_neither_clusters_nor_partners():
    left = {
        name: text for name, text in FILES.items() if name not in {"clusters.yaml", "partners.yaml"}
    }
    programme = read_programme_files(left)
    assert programme.clusters.is_empty
    assert programme.partners.pools == ()
