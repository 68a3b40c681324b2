"""People and assignments: one address is one person, one school has one curator, and names stay words."""

import json
from dataclasses import replace

import pytest

from tests.casework.import_desk import set_up

SCHOOLS = (
    "id;name;kind;opened;closed;municipality_id;municipality;legal_form;founder;settlement;small;level\n"
    "001903;Школа № 1;сош;;;77;Северный район;budget;municipal;urban;no;ordinary\n"
    "001904;Школа № 2;сош;;;78;Южный район;budget;municipal;rural;yes;ordinary\n"
)
PEOPLE = "email;name;role;territory;school\n"
ASSIGNMENTS = "school;email;role\n"
POSTS = (
    "SELECT p.email, a.role, t.code, s.code, a.since, a.until FROM appointment a"
    " JOIN person p ON p.id = a.person_id LEFT JOIN territory t ON t.id = a.territory_id"
    " LEFT JOIN school s ON s.id = a.school_id WHERE a.register_key = 'yugra'"
    " ORDER BY a.id"
)
LINES = "SELECT deed, body FROM history_line WHERE subject LIKE 'person:%' ORDER BY id"


@pytest.fixture
def desk(database, tmp_path):
    desk = set_up(database, tmp_path, "yugra")
    desk.take(SCHOOLS, "schools")
    yield desk
    desk.engine.dispose()


def counts(report):
    return (
        report.added,
        report.changed,
        report.unchanged,
        len(report.left_out),
        report.rejected_rows,
    )


def posts(desk):
    return [tuple(str(cell) if cell else None for cell in row) for row in desk.rows(POSTS)]


def test_people_come_with_their_roles_and_scopes(desk):
    report = desk.take(
        PEOPLE
        + "Anna@Example.org;Анна Примерова;координатор;Северный район;\n"
        + "boris@example.org;Борис Образцов;куратор;;001903\n"
        + "vera@example.org;Вера Условная;оператор;;\n"
        + "glava@example.org;Глеб Пробный;руководитель;77;001904\n",
        "people",
    )
    assert counts(report) == (4, 0, 0, 0, 0)
    assert posts(desk) == [
        ("anna@example.org", "coordinator", "77", None, "2026-11-22", None),
        ("boris@example.org", "curator", None, "001903", "2026-11-22", None),
        ("glava@example.org", "head", None, "001904", "2026-11-22", None),
        ("vera@example.org", "operator", None, None, "2026-11-22", None),
    ]


def test_the_same_people_again_change_nothing(desk):
    content = PEOPLE + "anna@example.org;Анна Примерова;координатор;77;\n"
    desk.take(content, "people")
    before = desk.rows("SELECT * FROM history_line")
    assert counts(desk.take(content, "people")) == (0, 0, 1, 0, 0)
    assert desk.rows("SELECT * FROM history_line") == before


def test_a_dry_run_enrols_nobody(desk):
    before = desk.rows("SELECT * FROM history_line")
    content = PEOPLE + "anna@example.org;Анна Примерова;координатор;77;\n"
    assert counts(desk.take(content, "people", dry_run=True)) == (1, 0, 0, 0, 0)
    assert desk.rows("SELECT count(*) FROM person") == [(1,)]
    assert desk.rows("SELECT * FROM history_line") == before


def test_history_knows_a_person_by_number_and_keeps_names_as_words_alone(desk):
    desk.take(PEOPLE + "boris@example.org;Борис Образцов;куратор;;001903\n", "people")
    deed, body = desk.rows(LINES)[-1]
    assert deed == "appoint"
    assert json.loads(body)["values"] == {
        "role": "curator",
        "register": "yugra",
        "school": "001903",
        "since": "2026-11-22",
    }
    assert "Борис" not in body
    assert "boris" not in body
    said = {text for (text,) in desk.rows("SELECT text FROM history_words")}
    assert {"boris@example.org", "Борис Образцов"} <= said


def test_a_new_curator_relieves_the_old_one(desk):
    desk.take(
        PEOPLE + "a@example.org;Анна;curator;;001903\nb@example.org;Борис;curator;;001904\n",
        "people",
    )
    swap = ASSIGNMENTS + "001903;b@example.org;куратор\n001904;a@example.org;куратор\n"
    report = desk.later(3).take(swap, "assignments")
    assert counts(report) == (0, 2, 0, 0, 0)
    assert posts(desk) == [
        ("a@example.org", "curator", None, "001903", "2026-11-22", "2026-11-25"),
        ("b@example.org", "curator", None, "001904", "2026-11-22", "2026-11-25"),
        ("a@example.org", "curator", None, "001904", "2026-11-25", None),
        ("b@example.org", "curator", None, "001903", "2026-11-25", None),
    ]
    deeds = [deed for deed, _ in desk.rows(LINES)][-4:]
    assert sorted(deeds) == ["appoint", "appoint", "dismiss", "dismiss"]
    assert counts(desk.later(4).take(swap, "assignments")) == (0, 0, 2, 0, 0)


def test_a_school_may_have_several_partners_but_one_curator(desk):
    desk.take(PEOPLE + "".join(f"{n}@example.org;Имя {n};auditor;;\n" for n in "abcd"), "people")
    report = desk.take(
        ASSIGNMENTS
        + "001903;a@example.org;тьютор\n001903;b@example.org;тьютор\n"
        + "001904;c@example.org;куратор\n001904;d@example.org;куратор\n",
        "assignments",
    )
    assert counts(report) == (2, 0, 0, 0, 2)
    assert {reject.row for reject in report.rejected} == {4, 5}
    assert "Rows 4, 5 say different things of the same curator" in str(report.rejected[0].why)


def test_one_address_with_two_names_stays_out(desk):
    report = desk.take(
        PEOPLE + "a@example.org;Анна;auditor;;\nA@example.org;Алла;operator;;\n", "people"
    )
    assert counts(report) == (0, 0, 0, 0, 2)


def test_one_person_may_hold_two_roles(desk):
    rows = "a@example.org;Анна;auditor;;\na@example.org;Анна;curator;;001903\n"
    assert counts(desk.take(PEOPLE + rows + "a@example.org;Анна;auditor;;\n", "people")) == (
        2,
        0,
        0,
        1,
        0,
    )
    assert [post[1] for post in posts(desk)] == ["auditor", "curator"]
    assert desk.rows("SELECT count(*) FROM person") == [(2,)]


def test_a_curator_listed_without_a_school_waits_for_an_assignment(desk):
    assert counts(desk.take(PEOPLE + "a@example.org;Анна;curator;;\n", "people")) == (1, 0, 0, 0, 0)
    assert posts(desk) == []
    report = desk.take(ASSIGNMENTS + "001903;A@Example.org;curator\n", "assignments")
    assert counts(report) == (1, 0, 0, 0, 0)
    assert [post[:4] for post in posts(desk)] == [("a@example.org", "curator", None, "001903")]


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("a@example.org, b@example.org;Анна;auditor;;", "email", "one address"),
        ('"a@example.org\nBcc: b@example.org";Анна;auditor;;', "email", "one address"),
        (";Анна;auditor;;", "email", "Fill it in"),
        ("a@example.org;;auditor;;", "name", "Fill it in"),
        ("a@example.org;Анна;директор;;", "role", "Known words"),
        ("a@example.org;Анна;coordinator;;", "territory", "Fill in the territory"),
        ("a@example.org;Анна;coordinator;Северный райoн;", "territory", "→ северный район"),
        ("a@example.org;Анна;curator;;001930", "school", "001903"),
        ("a@example.org;Анна;curator;;01903", "school", "leading zeros"),
    ],
)
def test_a_faulty_row_of_people_stays_out_with_the_cure(desk, row, field, said):
    report = desk.take(f"{PEOPLE}{row}\nz@example.org;Зоя;auditor;;\n", "people")
    assert counts(report) == (1, 0, 0, 0, 1)
    [reject] = report.rejected
    assert (reject.row, reject.field) == (2, field)
    assert said in str(reject.cure)


def test_an_assignment_of_a_stranger_stays_out_with_near_misses(desk):
    desk.take(PEOPLE + "anna@example.org;Анна;auditor;;\n", "people")
    report = desk.take(ASSIGNMENTS + "001903;ana@example.org;curator\n", "assignments")
    assert "→ anna@example.org" in str(report.rejected[0].cure)


def test_a_new_name_is_kept_and_recorded(desk):
    desk.take(PEOPLE + "a@example.org;Анна Прежняя;auditor;;\n", "people")
    report = desk.take(PEOPLE + "a@example.org;Анна Новая;auditor;;\n", "people")
    assert counts(report) == (0, 1, 0, 0, 0)
    assert desk.rows("SELECT name FROM person WHERE email = 'a@example.org'") == [("Анна Новая",)]
    assert desk.rows(LINES)[-1][0] == "rename_person"


def test_the_person_bound_to_the_installation_is_not_appointed_twice(desk):
    report = desk.take(PEOPLE + "operator@example.org;Оператор;operator;;\n", "people")
    assert counts(report) == (0, 0, 1, 0, 0)
    assert posts(desk) == []


def test_a_pass_without_a_person_imports_nothing(desk):
    from opora.errors import Forbidden

    nobody = replace(desk, acting=replace(desk.acting, person=None, pass_name="round"))
    with pytest.raises(Forbidden):
        nobody.take(PEOPLE + "a@example.org;Анна;auditor;;\n", "people")
