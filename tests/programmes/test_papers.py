"""Papers of a programme's own: declared, readable, in every language, or named with their cure."""

import pytest

from opora.errors import ProgrammeInvalid
from programmes.folders import files_of, shipped
from programmes.reading import read_programme_files

PAPER = "documents/parents_notice.en.md"


def faults(**changes):
    files = {**files_of(shipped()["north-carolina"]), **changes}
    files = {name: text for name, text in files.items() if text is not None}
    with pytest.raises(ProgrammeInvalid) as refused:
        read_programme_files(files)
    return refused.value.faults


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("documents/notice.md", "# Notice", "this is the name of no paper"),
        ("documents/farewell.en.md", "# Farewell", "farewell is not declared in stages.yaml"),
        (PAPER, None, "not there in the language en"),
        (PAPER, "# Notice\n\n{% if facts %}", "cannot be read"),
    ],
)
def test_a_paper_that_could_not_be_made_is_named(name, text, problem):
    found = faults(**{name: text})
    assert any(problem in str(fault.problem) for fault in found), found
    assert {fault.file.partition("/")[0] for fault in found} == {"documents"}


def test_what_a_paper_rests_on_is_a_kind_of_record():
    stages = files_of(shipped()["north-carolina"])["stages.yaml"]
    wrong = stages.replace("rests_on: [preliminary_plan]", "rests_on: [dance]")
    [fault] = faults(**{"stages.yaml": wrong})
    assert fault.file == "stages.yaml"
    assert "the kind of record dance is not declared" in str(fault)
    assert "dance" in wrong.splitlines()[fault.line - 1]
