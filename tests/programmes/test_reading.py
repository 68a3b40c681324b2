"""A programme folder is read whole, or every fault of it is named with file, line and cure."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from opora.errors import InputRefused, NotFound, ProgrammeInvalid
from opora.words import Sentence
from programmes.faults import Fault
from programmes.folders import files_of, fingerprint, shipped
from programmes.json_schema import schema
from programmes.milestones import Scope
from programmes.reading import read_programme, read_programme_files
from programmes.sections import SECTIONS
from programmes.yaml_tree import read_tree
from states.needs import NeedKind
from states.role import Role
from states.stage import Move, Outcome, Stage
from templates.wording import say

FOLDERS = shipped()


@pytest.fixture(params=sorted(FOLDERS))
def programme(request):
    return read_programme(FOLDERS[request.param])


@pytest.fixture(scope="module")
def yugra_files():
    return files_of(FOLDERS["yugra"])


def faults_of(files, *, name="yugra"):
    with pytest.raises(ProgrammeInvalid) as refused:
        read_programme_files(files, name=name)
    return refused.value.faults


def changed(files, file, old, new):
    assert old in files[file]
    return {**files, file: files[file].replace(old, new, 1)}


def line_of(files, file, text):
    return files[file].split(text)[0].count("\n") + 1


def test_the_shipped_programmes_are_yugra_and_north_carolina():
    assert {"yugra", "north-carolina"} <= FOLDERS.keys()


def test_a_shipped_programme_has_words_for_everything(programme):
    for word in (*Stage, *Move, *Outcome, *Role):
        assert programme.label(word, "ru")
        assert programme.label(word, "en")
    with pytest.raises(NotFound):
        programme.label("stage.nowhere", "ru")


def test_partner_the_move_and_partner_the_role_have_words_of_their_own(yugra_files):
    yugra = read_programme_files(yugra_files)
    assert yugra.label(Move.PARTNER, "en") == "assign a partner"
    assert yugra.label("role.partner", "en") == "tutor school"


def test_every_forward_move_has_roles_and_every_stage_but_the_exit_can_be_left(programme):
    for move in (Move.ANALYSE, Move.CLUSTER, Move.PARTNER, Move.APPROVE_PROGRAMME, Move.EXIT):
        assert programme.roles_for(move)
    assert NeedKind.OUTCOME in {need.need for need in programme.needs_of(Move.EXIT)}


def test_yugra_plans_three_tasks_for_a_case_at_launch(yugra_files):
    yugra = read_programme_files(yugra_files)
    assert len(yugra.milestones_at(Stage.IDENTIFIED, Scope.CASE)) == 3
    assert len(yugra.milestones_at(Stage.IDENTIFIED, Scope.MUNICIPALITY)) == 1
    assert len(yugra.milestones_at(Stage.IDENTIFIED, Scope.REGION)) == 1
    assert yugra.ladder("strict")[-1].escalation


def test_unknown_profiles_and_ladders_are_not_found(programme):
    for ask in (programme.ladder, programme.milestone):
        with pytest.raises(NotFound):
            ask("nowhere")
    with pytest.raises(
        InputRefused
    ) as refused:  # a person names these: all that there are are told
        programme.profile("nowhere")
    assert all(name in str(refused.value) for name in programme.profiles.profiles)


def test_a_version_kept_as_texts_is_the_same_programme(programme):
    again = read_programme_files(dict(reversed(programme.files.items())))
    assert again.sha256 == programme.sha256
    assert again == programme


def test_the_address_changes_with_any_byte_and_with_any_name():
    files = {"a": "bc", "d": ""}
    others = [{"a": "bd", "d": ""}, {"ab": "c", "d": ""}, {"a": "bc"}, {"a": "b", "d": "c"}]
    assert len({fingerprint(one) for one in (files, *others)}) == 5


def test_the_cycle_of_a_school_year_ends_in_the_next_one(yugra_files):
    cycle = read_programme_files(yugra_files).cycle
    assert cycle.days(2026) == (date(2026, 9, 1), date(2027, 6, 30))


def test_a_calendar_year_waits_for_the_results_of_the_school_year_before_it():
    cycle = read_programme(shipped()["lipetsk"]).cycle
    assert cycle.days(2019) == (date(2020, 1, 15), date(2020, 12, 20))


def test_the_shipped_files_fit_the_published_schema(programme):
    document = {
        name: json.loads(json.dumps(read_tree(name, programme.files[name]).value, default=plain))
        for name in SECTIONS.keys() & programme.files.keys()
    }
    published = jsonschema.Draft202012Validator(json.loads(json.dumps(schema(), default=plain)))
    assert [fault.message for fault in published.iter_errors(document)] == []


def plain(value):
    return float(value) if isinstance(value, Decimal) else str(value)


# --- what is wrong is said with file, line and cure -----------------------------------------------


def test_faults_of_all_files_and_of_all_kinds_come_together(yugra_files):
    files = changed(yugra_files, "calendar.yaml", "horizon: 2027-12-31", "horizon: 2027-13-31")
    files = changed(files, "words.yaml", "exited: {ru", "exited: {ru: x, ru")
    files = changed(files, "imports.yaml", "fact: legal_form", "fakt: legal_form")
    files = changed(files, "stages.yaml", "ladder: strict", "ladder: severe")
    files = changed(
        files, "stages.yaml", "due: {after: cycle_opened, working_days: 10}", "due: {on: 02-30}"
    )
    files = changed(files, "identification.yaml", "entry: low_results", "entry: lowest")
    files["roles.yaml"] = "a: 1"
    found = faults_of(files)
    places = {(fault.file, fault.line) for fault in found}
    for file, text in (
        ("calendar.yaml", "2027-13-31"),
        ("words.yaml", "ru: x"),
        ("imports.yaml", "fakt"),
        ("stages.yaml", "severe"),
        ("stages.yaml", "02-30"),
        ("identification.yaml", "lowest"),
    ):
        assert (file, line_of(files, file, text)) in places, (text, found)
    assert ("roles.yaml", 0) in places
    assert all(fault.cure for fault in found)


def test_a_part_at_fault_is_not_blamed_again_by_those_who_name_it(yugra_files):
    files = changed(
        yugra_files, "stages.yaml", "due: {before: cycle_ends, working_days: 20}", "due: {}"
    )
    (fault,) = faults_of(files)
    assert "exactly one of" in str(fault.problem)
    assert fault.line == line_of(files, "stages.yaml", "due: {}")


def test_a_missing_file_and_an_empty_one_are_named(yugra_files):
    files = {**yugra_files, "words.yaml": "# nothing\n"}
    del files["calendar.yaml"]
    assert {(fault.file, str(fault.problem)) for fault in faults_of(files)} == {
        ("words.yaml", "the file is empty"),
        ("calendar.yaml", "the file is missing"),
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("stages.yaml", "ladder: standard", "ladder: none", "the ladder none is not declared"),
        ("stages.yaml", "of: final_monitoring", "of: last", "the milestone last is not declared"),
        ("stages.yaml", "of: self_analysis}", "of: novel}", "the document novel is not declared"),
        ("stages.yaml", "of: cluster}", "of: group}", "the decision group is not declared"),
        ("stages.yaml", "after: cycle_opened", "after: full_moon", "is no anchor"),
        ("stages.yaml", "milestone:programme_submitted", "milestone:x", "which is not declared"),
        (
            "stages.yaml",
            "by: coordinator\n    approves: operator",
            "by: wizard",
            "this word is not known here",
        ),
        ("stages.yaml", "approves: operator", "approves: coordinator", "the author never accepts"),
        ("stages.yaml", "by: [operator]\n    needs:\n", "by: []\n    needs:\n", "reach its exit"),
        ("stages.yaml", "of: entry_monitoring", "of: final_monitoring", "begins only at monitored"),
        ("stages.yaml", "by: operator", "by: head", "head cannot do what is of the scope region"),
        ("stages.yaml", "key: lessons_scored", "key: final_monitoring", "stands twice"),
        ("stages.yaml", "key: day_before", "key: week_before", "stands twice in one ladder"),
        (
            "stages.yaml",
            "milestone:programme_submitted",
            "milestone:lessons_scored",
            "another stage",
        ),
        (
            "stages.yaml",
            'source: "S0-16, S1-17, S1-21"',
            "repeats: {every: month}",
            "comes again and again",
        ),
        (
            "stages.yaml",
            'source: "S0-17, S1-12, S1-33"',
            "repeats: {every: week, until: {after: stage_entered}}",
            "it comes again until a day that counts from stage_entered",
        ),
        ("stages.yaml", "after: cycle_opened", "after: recorded", "no record opens it"),
        (
            "stages.yaml",
            "working_days: 5}\n",
            "working_days: 5}\n    at_least_once_in_months: 12\n",
            "only what belongs to a municipality or the region",
        ),
        (
            "stages.yaml",
            "due: {after: kick_off, working_days: 15}\n",
            "due: {after: kick_off, working_days: 15}\n    at_least_once_in_months: 12\n",
            "its day may move",
        ),
        ("stages.yaml", "most_working_days: 15", "most_working_days: 0", "this is too little"),
        ("programme.yaml", "{after: cycle_opened", "{after: stage_entered", "the kick-off counts"),
        ("imports.yaml", "fact: wellbeing_index", "fact: mood", "the fact mood is not declared"),
        ("imports.yaml", "blank: not_rated", "blank: ill", "the reason ill has no words"),
        ("imports.yaml", "type: decimal", "type: integer", "the column reads integer"),
        ("imports.yaml", "'\\d{6}'", "'['", "not a regular expression"),
        ("identification.yaml", "is: special", "is: grim", "level is never grim"),
        ("identification.yaml", "is: special", "above: 3", "has no order"),
        ("identification.yaml", "parameter: adverse_index", "parameter: x", "parameter x is not"),
        (
            "identification.yaml",
            "of: participants",
            "of: share_below",
            "defined through each other",
        ),
        ("identification.yaml", "{always: true}", "{eval: 1}", "a condition has one of the keys"),
        ("identification.yaml", "advanced: 0.15", "clever: 0.15", "peer group clever is not"),
        ("programme.yaml", "Asia/Yekaterinburg", "Asia/Nowhere", "no such time zone"),
        ("programme.yaml", "starts: 09-01", "starts: 02-29", "not a day that every year has"),
        ("words.yaml", ", en: identified}", "}", "the text in the language en is missing"),
        ("calendar.yaml", "country: RU", "country: XX", "no official calendar is known"),
    ],
)
def test_a_contradiction_is_named(yugra_files, file, old, new, problem):
    files = changed(yugra_files, file, old, new)
    found = faults_of(files)
    assert [fault for fault in found if problem in str(fault.problem)], found
    assert all(fault.line for fault in found)
    assert all(is_translated(fault) for fault in found), found


def is_translated(fault: Fault) -> bool:
    """Sentences are: the catalogue has every one that the code says."""
    return isinstance(fault.problem, Sentence) and isinstance(fault.cure, Sentence)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "stages.yaml",
            "ladder: standard",
            "ladder: none",
            "не описано: лестница напоминаний none. Опишите это или возьмите одно из: standard",
        ),
        (
            "programme.yaml",
            "Asia/Yekaterinburg",
            "Mars/Base",
            "такого часового пояса нет: пишите так: Asia/Yekaterinburg. ",
        ),
        (
            "identification.yaml",
            "{always: true}",
            "{eval: 1}",
            "у условия бывает один из ключей: fact, all, ",
        ),
    ],
)
def test_a_fault_is_told_in_the_readers_language(yugra_files, file, old, new, said):
    found = faults_of(changed(yugra_files, file, old, new))
    assert any(said in say(fault.sentence, "ru") for fault in found), found


def test_categories_defined_through_each_other_are_named(yugra_files):
    files = changed(
        yugra_files,
        "identification.yaml",
        "when: {fact: wellbeing_index, below: {parameter: adverse_index}}",
        "when: {not: {category: adverse_conditions}}",
    )
    (fault,) = faults_of(files)
    assert "adverse_conditions → adverse_conditions" in str(fault.problem)


def test_deadlines_that_count_from_each_other_are_named(yugra_files):
    files = changed(
        yugra_files,
        "stages.yaml",
        "due: {after: stage_entered, working_days: 20, avoid_school_holidays: true}",
        'due: {after: "milestone:programme_act", working_days: 2}',
    )
    (fault,) = faults_of(files)
    assert "programme_submitted → programme_act → programme_submitted" in str(fault.problem)


def test_a_folder_that_is_not_there_or_not_text_is_refused(tmp_path: Path):
    with pytest.raises(ProgrammeInvalid):
        read_programme(tmp_path / "nowhere")
    (tmp_path / "programme.yaml").write_bytes("key: югра".encode("windows-1251"))
    (tmp_path / "huge.yaml").write_bytes(b"a" * (1 << 20) + b"b")
    (tmp_path / "link.yaml").symlink_to("/etc/hostname")
    with pytest.raises(ProgrammeInvalid) as refused:
        files_of(tmp_path)
    found: Any = refused.value.faults
    assert {fault.file: str(fault.problem) for fault in found} == {
        "programme.yaml": "the text is not UTF-8",
        "huge.yaml": "the file is larger than 1 MiB",
        "link.yaml": "this is no plain file",
    }
