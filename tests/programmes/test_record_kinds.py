"""Kinds of records fit together, or the fault is named with its file and line."""

import re

import pytest

from opora.errors import ProgrammeInvalid
from programmes.folders import files_of, shipped
from programmes.reading import read_programme, read_programme_files
from programmes.record_kinds import FieldType, RecordScope
from states.needs import NeedKind
from states.stage import Move
from tests.casework.record_world import record_files

FILES = record_files()


def faults(files):
    with pytest.raises(ProgrammeInvalid) as refused:
        read_programme_files(files)
    return refused.value.faults


def changed(file, old, new):
    if file == "records.yaml":
        return record_files(kinds=(old, new))
    assert old in FILES[file]
    return {**FILES, file: FILES[file].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("records.yaml", "day: signed_on", "day: singed_on", "singed_on is not declared"),
        ("records.yaml", "day: signed_on", "day: about", "type text"),
        ("records.yaml", "parents: [order]", "parents: [decree]", "decree is not declared"),
        ("records.yaml", "parents: [order]", "parents: []", "none is named"),
        ("records.yaml", "    day: held_on\n", "", "no day"),
        ("records.yaml", "milestone: advice_followed", "milestone: dance", "dance"),
        ("records.yaml", "milestone: advice_followed", "milestone: curator_named", "opened by"),
        ("records.yaml", "due: due, to: doer", "due: what, to: doer", "type text"),
        ("records.yaml", "scope: person", "scope: planet", "scope"),
        ("records.yaml", "add: [operator, coordinator]", "add: []", "add"),
        ("records.yaml", "type: choice\n", "type: text\n", "choices"),
        ("records.yaml", "minimum: 1, maximum: 100", "minimum: 9, maximum: 1", "minimum"),
        ("records.yaml", "type: date}", "type: date, minimum: 1}", "minimum"),
        ("records.yaml", "maximum: 100", "maximum: 100, at_most: all", "all is not declared"),
        ("records.yaml", "type: date}", "type: date, at_most: due}", "belongs to the type number"),
        (
            "records.yaml",
            "    day: held_on\n",
            "    day: held_on\n    in_order: held_on\n",
            "type date",
        ),
        ("records.yaml", ", en: order}", "}", "missing"),
        ("records.yaml", "numbered: true", "numbred: true", "numbred"),
        (
            "stages.yaml",
            "opened_by: record",
            "scope: region\n    opened_by: record",
            "scope region",
        ),
        (
            "stages.yaml",
            "- {need: curator}",
            "- {need: record, of: dance}",
            "kind of record dance is not declared",
        ),
        (
            "stages.yaml",
            "- {need: curator}",
            "- {need: record, of: order, each: signed_on}",
            "type date",
        ),
        ("stages.yaml", "- {need: curator}", "- {need: curator, each: step}", "takes no each"),
        (
            "stages.yaml",
            "evidence: {document: information_card}",
            "evidence: {record: dance}",
            "dance is not declared",
        ),
        (
            "stages.yaml",
            "evidence: {document: municipal_programme}",
            "evidence: {record: query}",
            "proves nothing",
        ),
    ],
)
def test_a_contradiction_of_records_is_named(file, old, new, problem):
    found = faults(changed(file, old, new))
    assert any(problem in str(fault) for fault in found), [str(fault) for fault in found]
    assert {fault.file for fault in found} <= {"records.yaml", "stages.yaml"}
    assert all(fault.line for fault in found)


def test_a_programme_without_records_stays_whole():
    files = dict(files_of(shipped()["lipetsk"]))
    for name in ("records.yaml", "plan.yaml", "indicators.yaml"):
        del files[name]
    stages = re.sub(r"\n +- \{need: record, .+", "", files["stages.yaml"])
    files["stages.yaml"] = re.sub(r"\{record: \w+[^}]*\}", "{text: true}", stages)
    assert read_programme_files(files).records.kinds == {}


def test_the_kinds_of_yugra_are_those_of_the_order():
    yugra = read_programme(shipped()["yugra"])
    kinds = yugra.records.kinds
    chain = [kinds[one].parents for one in ("municipal_act", "school_act")]
    assert chain == [
        ("regional_act", "municipal_act"),
        ("municipal_act", "regional_act", "school_act"),
    ]
    assert len(kinds["adoption_step"].fields["step"].choices) == 5
    assert len(kinds["practice"].fields["type"].choices) == 3
    assert kinds["working_group"].fields["roster"].type is FieldType.ROWS
    assert kinds["kick_off_meeting"].scope is RecordScope.CYCLE
    assert all(kind.source for kind in kinds.values())
    assert all(yugra.records.openness.model_dump().values())


@pytest.mark.parametrize("key", shipped())
def test_no_public_field_of_a_programme_that_comes_along_names_a_person(key):
    kinds = read_programme(shipped()[key]).records.kinds
    types = {field.type for kind in kinds.values() for field in kind.public_fields.values()}
    assert not types & {FieldType.PERSON, FieldType.PERSONS, FieldType.ROWS}


def test_a_need_of_records_says_how_many_are_lacking():
    needs = "      - {need: record, of: webinar, at_least: 6}\n"
    programme = read_programme_files(record_files(needs=needs))
    [first, *_] = programme.course.moves[Move.ANALYSE].needs
    assert (first.need, first.of, first.at_least) == (NeedKind.RECORD, "webinar", 6)
