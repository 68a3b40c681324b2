"""The life of a list at the terminal: gaps, overrides, objections, editions, comparison."""

from typing import Any

import pytest

from tests.cli.conftest import GOOD, HEADER, LOW, take_in, write, write_files
from tests.cli.terminal import Terminal
from tests.worlds import yugra

OF_2026 = ("--programme", "yugra", "--year", 2026)
COORDINATOR, HEAD = "coordinator@example.org", "head@example.org"
SECOND = "second@example.org"


@pytest.fixture
def listed(on_database: Terminal) -> Terminal:
    """Two schools, one of them low; the list is judged and confirmed, no cycle is open."""
    terminal = on_database
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    with (terminal.folder / "people.csv").open("a", encoding="utf-8") as people:
        people.write(f"{SECOND};Вторая Выдуманная;оператор;;\n")
    for profile in ("schools", "results", "people"):
        take_in(terminal, profile)
    terminal.done("identify", *OF_2026, "--confirm", at="2026-08-21")
    return terminal


def programme_with(terminal: Terminal, lists: str) -> str:
    """Yugra with another lists.yaml, as a folder."""
    folder = terminal.folder / "another"
    folder.mkdir()
    for name, text in yugra().files.items():
        if "/" not in name:
            (folder / name).write_text(text, encoding="utf-8")
    (folder / "lists.yaml").write_text(lists, encoding="utf-8")
    return folder.name


def schools_of(terminal: Terminal, *more: object) -> dict[str, dict[str, Any]]:
    found = terminal.done("list", "show", *OF_2026, *more, "--json").data["schools"]
    return {one["school"]: one for one in found}


def test_a_list_shows_the_rules_verdict_beside_the_persons_word(listed):
    words = ["--reason", "Здание в ремонте", "--basis", "приказ № 3"]
    tried = listed.done(
        "list", "override", GOOD, *OF_2026, "--on", *words, "--dry-run", at="2026-08-22"
    )
    assert "Это проба" in tried.err
    assert set(schools_of(listed)) == {LOW}

    listed.done("list", "override", GOOD, *OF_2026, "--on", *words, at="2026-08-22")
    listed.done("list", "override", LOW, *OF_2026, "--off", *words, at="2026-08-22")
    found = schools_of(listed)
    assert {key: (one["by_rule"], one["listed"]) for key, one in found.items()} == {
        LOW: (True, False),
        GOOD: (False, True),
    }
    assert found[LOW]["overrides"][0]["reason"] == "Здание в ремонте"
    screen = listed.done("list", "show", *OF_2026).out
    assert "Здание в ремонте" in screen
    assert "приказ № 3" in screen
    assert "2026-08-21 09:00" in screen  # the region's own clock, though no cycle is open yet
    assert listed("list", "override", GOOD, *OF_2026, "--on", at="2026-08-22").status == 1
    opened = listed.done("cycle", "open", *OF_2026, "--yes", "--json", at="2026-09-01").data
    assert opened["cases"] == 1
    listed.done("verify")


def test_a_school_left_out_of_the_files_holds_the_list_up_until_somebody_speaks(listed):
    like = ["Школа", "01", "Выдуманный район", "1970-09-01", "", "бюджетное", "муниципальная"]
    like += ["городская", "нет", "обычная"]
    write(listed.folder / "schools.csv", HEADER, [["010003", "Школа № 3", *like]])
    of = ["--programme", "yugra", "--profile"]
    listed.done("import", "schools.csv", *of, "schools", at="2026-08-22")
    found = listed("list", "gaps", *OF_2026, "--json")
    assert found.status == 3
    assert [one["school"] for one in found.data] == ["010003"]
    assert {"fact": "participants", "year": 2026, "procedure": None} in found.data[0]["missing"]
    assert "участников, 2026" in listed("list", "gaps", *OF_2026).out

    rows = [["010003", 2026, "oge_math", 2, 1]]
    columns = ["id", "year", "procedure", "participants", "below_threshold"]
    write(listed.folder / "results.csv", columns, rows)
    listed.done("import", "results.csv", *of, "results", at="2026-08-22")  # too few: a reason
    listed.done("identify", *OF_2026, "--confirm", at="2026-08-23")
    assert listed.done("list", "gaps", *OF_2026, "--json").data == []
    refused = listed(
        "identify", "--programme", "yugra", "--year", 2030, "--confirm", at="2026-08-24"
    )
    assert refused.status == 1


def test_files_taken_in_once_more_give_equal_verdicts_and_no_new_list(listed):
    before = listed.done("identify", *OF_2026, "--json", at="2026-08-22").data
    for profile in ("results", "schools"):
        words = ["import", f"{profile}.csv", "--programme", "yugra", "--profile", profile]
        listed.done(*words, at="2026-08-22")
    assert listed.done("identify", *OF_2026, "--json", at="2026-08-23").data == before


def test_the_grounds_of_a_list_are_told_in_the_words_of_the_region(listed):
    said = " ".join(listed.done("identify", *OF_2026, at="2026-08-22").out.split())
    assert "показатель «доля не преодолевших порог» — не менее 30 %" in said
    assert "share_below" not in said


def test_a_list_with_a_gap_is_not_confirmed_and_the_way_out_is_named(on_database):
    on_database.done("init", at="2026-08-01")
    write_files(on_database.folder)
    take_in(on_database, "schools")
    write(
        on_database.folder / "results.csv",
        ["id", "year", "procedure", "participants", "below_threshold"],
        [[LOW, 2026, "oge_math", 20, 10], [LOW, 2026, "oge_russian", 20, 10]],
    )
    take_in(on_database, "results")
    assert len(on_database("list", "gaps", *OF_2026, "--json").data) == 1  # before any list is
    refused = on_database("identify", *OF_2026, "--confirm", at="2026-08-21")
    assert refused.status == 1
    assert "не оценена 1 действующая школа" in refused.err
    assert "opora list gaps --programme yugra --year 2026" in refused.err
    on_database.done("identify", *OF_2026, at="2026-08-21")
    opened = on_database("cycle", "open", *OF_2026, "--yes", at="2026-09-01")
    assert "opora list override" in opened.err
    words = ["--reason", "Нет выпускных классов", "--basis", "протокол № 1"]
    on_database.done("list", "override", GOOD, *OF_2026, "--off", *words, at="2026-09-01")
    on_database.done("cycle", "open", *OF_2026, "--yes", at="2026-09-01")


def test_an_objection_goes_from_the_head_to_the_operator_and_its_appeal_to_another(listed):
    listed.done("cycle", "open", *OF_2026, "--yes", at="2026-09-01")
    words = ["list", "object", LOW, *OF_2026, "--reason", "Нет результатов 9Б"]
    made = listed.done(*words, "--json", at="2026-09-02", by=HEAD).data["objection"]
    waiting = listed.done("list", "objections", *OF_2026, "--json", by=COORDINATOR).data
    assert [(one["school"], one["reason"]) for one in waiting] == [(LOW, "Нет результатов 9Б")]
    assert listed("list", "decide", made, "--uphold", "--refuse", "--remarks", "x").status == 2
    refuse = ["list", "decide", made, "--refuse", "--remarks", "Результаты полны"]
    assert listed(*refuse, at="2026-09-03", by=COORDINATOR).status == 1
    listed.done(*refuse, at="2026-09-03")
    assert listed(*words, at="2026-09-04", by=HEAD).status == 1
    appeal = listed.done(*words, "--appeal", "--json", at="2026-09-04", by=HEAD).data["objection"]
    uphold = ["list", "decide", appeal, "--uphold", "--remarks", "Пересчитали"]
    uphold += ["--basis", "протокол № 5"]
    assert "Апелляцию рассматривает тот" in listed(*uphold, at="2026-09-05").err
    told = listed.done(*uphold, at="2026-09-05", by=SECOND)
    assert "opora case move 1 withdraw" in told.err
    assert not schools_of(listed)[LOW]["listed"]
    every = listed.done("list", "objections", *OF_2026, "--all").out
    assert "отклонено" in every
    assert "удовлетворено" in every

    kinds = ("objection_made", "objection_decided")
    letters = [one for one in listed.done("letter", "list", "--json").data if one["kind"] in kinds]
    assert [one["kind"] for one in letters].count("objection_decided") == 2
    listed.done("case", "move", 1, "withdraw", "--basis", "протокол № 5", at="2026-09-06")
    listed.done("deliver", at="2026-09-07T10:00")
    shown = listed.done("letter", "show", max(one["id"] for one in letters)).out
    assert "Апелляция по школе" in shown
    listed.done("verify")


def test_a_letter_about_a_list_leaves_before_any_cycle_is_open(listed):
    words = ["list", "object", LOW, *OF_2026, "--reason", "Нет результатов 9Б"]
    listed.done(*words, at="2026-08-24", by=HEAD)
    sent = listed.done("deliver", "--json", at="2026-08-24T14:00").data
    assert sent["sent"] == 2  # both operators
    listed.done("verify")


def test_a_file_of_overrides_is_a_document_with_a_rehearsal(listed):
    rows = [[GOOD, "включить", "Пожар", "протокол № 2"], ["999999", "off", "Нет", "никакого"]]
    header = ["школа", "решение", "причина", "основание"]
    write(listed.folder / "overrides.csv", header, rows)
    words = ["list", "override", "--file", "overrides.csv", *OF_2026, "--json"]
    tried = listed(*words, "--dry-run", at="2026-08-22")
    assert (tried.status, tried.data["dry_run"]) == (3, True)
    assert GOOD not in schools_of(listed)
    done = listed(*words, at="2026-08-22")
    assert done.status == 3
    assert [one["school"] for one in done.data["overridden"]] == [GOOD]
    assert [(one["row"], one["value"]) for one in done.data["rejected"]] == [(3, "999999")]
    assert "без изменений 1, отклонено 1" in listed(*words, at="2026-08-22").err
    both = listed("list", "override", GOOD, "--file", "overrides.csv", *OF_2026, "--on")
    assert both.status == 2
    assert listed("list", "override", GOOD, *OF_2026, "--on", "--off").status == 2
    assert listed("list", "override", GOOD, *OF_2026).status == 2


def test_a_list_is_published_with_its_act_and_compared_with_another(listed):
    words = ["list", "publish", *OF_2026, "--number", "512", "--signed", "2026-08-25"]
    words += ["--signer", "И. Придуманный", "--json"]
    told = listed.done(*words, "--out", "out", at="2026-08-25").data
    assert (told["version"], told["edition"], told["schools"]) == (1, 1, 1)
    assert (listed.folder / told["workbook"]).is_file()
    page = (listed.folder / told["page"]).read_text(encoding="utf-8")
    assert "Утверждено: 512 от 25 августа 2026 г." in page
    assert listed.done(*words, at="2026-08-26").data["sha256"] == told["sha256"]
    reason = ["--reason", "Слита", "--basis", "приказ № 3"]
    listed.done("list", "override", GOOD, *OF_2026, "--on", *reason, at="2026-08-27")
    assert "После издания 1 список изменился" in listed.done("list", "show", *OF_2026).err
    assert listed.done(*words, at="2026-08-27").data["edition"] == 2
    (version,) = listed.done("list", "versions", *OF_2026, "--json").data
    assert [one["schools"] for one in version["editions"]] == [1, 2]
    assert told["sha256"][:20] in listed.done("list", "versions", *OF_2026).out

    rows = [[s, 2027, p, 20, 10] for s in (GOOD,) for p in ("oge_math", "oge_russian")]
    rows += [[LOW, 2027, p, 20, 0] for p in ("oge_math", "oge_russian")]
    columns = ["id", "year", "procedure", "participants", "below_threshold"]
    write(listed.folder / "results.csv", columns, rows)
    listed.done(
        "import", "results.csv", "--programme", "yugra", "--profile", "results", at="2027-08-20"
    )
    listed.done("identify", "--programme", "yugra", "--year", 2027, at="2027-08-21")
    of_2027 = ["list", "compare", "--programme", "yugra", "--year", 2027]
    found = listed.done(*of_2027, "--json").data
    assert {one["school"]: one["change"] for one in found["schools"]} == {
        LOW: "left",
        GOOD: "stayed",
    }
    assert found["by_territory"] == {"Выдуманный район": {"entered": 0, "left": 1, "stayed": 1}}
    assert found["old"] == {"year": 2026, "version": 1}
    assert "вышли" in listed.done(*of_2027, "--with", "2026.1").out
    assert listed(*of_2027, "--with", "soon").status == 2
    assert listed(*of_2027, "--with", "2026.7").status == 1
    listed.done("verify")


def test_nobody_is_designated_where_the_programme_foresees_it_not(listed):
    words = ["list", "designate", *OF_2026, "--basis", "приказ № 7"]
    assert listed(*words, at="2026-08-22").status == 2
    assert "отдельно их не определяют" in listed(*words, "--all", at="2026-08-22").err


def test_a_person_designates_among_the_eligible(listed):
    folder = programme_with(listed, "designation: {caps: [{at_most: 1}]}\n")
    of_2026 = ["--programme", folder, "--year", 2026]
    reason = ["--reason", "Пожар", "--basis", "приказ № 3"]
    listed.done("identify", *of_2026, "--confirm", at="2026-08-22")
    listed.done("list", "override", GOOD, *of_2026, "--on", *reason, at="2026-08-22")
    refused = listed("cycle", "open", *of_2026, "--yes", at="2026-09-01")
    assert "opora list designate" in refused.err
    words = ["list", "designate", *of_2026, "--basis", "приказ № 7", "--json"]
    full = listed(*words, "--all", at="2026-09-01")
    assert full.status == 1
    assert "не больше 1 (школ в списке: 2)" in full.err
    told = listed.done(*words, GOOD, at="2026-09-01").data
    assert told == {"schools": [GOOD], "designated": 1, "eligible": 2}
    assert (
        listed.done("cycle", "open", *of_2026, "--yes", "--json", at="2026-09-01").data["cases"]
        == 1
    )
    assert "Участница" in listed.done("list", "show", *of_2026).out
    listed.done("verify")


PARTICIPATION = """
participation:
  cases: low
  categories:
    low: {words: {ru: школа с низкими результатами, en: low school}}
    partner: {words: {ru: школа-партнёр, en: partner}}
    other: {words: {ru: иная участница, en: other participant}}
  share_of_schools: 0.6
  every_territory: true
"""


def test_who_takes_part_is_counted_by_municipality_against_what_is_wanted(listed):
    folder = programme_with(listed, PARTICIPATION)
    of_2026 = ["--programme", folder, "--year", 2026]
    listed.done("identify", *of_2026, "--confirm", at="2026-08-22")
    listed.done("cycle", "open", *of_2026, "--yes", at="2026-09-01")
    begin = listed.done("cycle", "participants", *of_2026, "--json").data
    assert [(one["school"], one["category"]) for one in begin["participants"]] == [(LOW, "low")]
    assert (begin["taking_part"], begin["schools"], begin["share"]) == (1, 2, "0.500")

    enter = ["cycle", "enter", GOOD, *of_2026, "--basis", "приказ № 7", "--json"]
    tried = listed.done(*enter, "--category", "partner", "--dry-run", at="2026-09-02")
    assert tried.data["schools"] == [GOOD]
    assert listed("cycle", "enter", GOOD, *of_2026, "--basis", "x", at="2026-09-02").status == 2
    assert listed(*enter, "--category", "guest", at="2026-09-02").status == 1
    assert listed(*enter, "--category", "partner", at="2026-09-02", by=HEAD).status == 1
    listed.done(*enter, "--category", "partner", at="2026-09-02", by=COORDINATOR)
    again = listed.done(*enter, "--category", "partner", at="2026-09-02").data
    assert again["schools"] == []
    found = listed.done("cycle", "participants", *of_2026, "--json").data
    assert (found["taking_part"], found["wanted_share"]) == (2, "0.6")
    assert found["by_territory"][0]["categories"] == {"low": 1, "partner": 1}
    shown = listed.done("cycle", "participants", *of_2026)
    assert "2 из 2, 100 %; цель: 60 %" in shown.err
    assert "муниципалитетов: 1 из 1" in shown.err
    assert "школа-партнёр" in shown.out
    listed.done(*enter, "--out", at="2026-09-03")
    assert listed.done("cycle", "participants", *of_2026, "--json").data["taking_part"] == 1
    listed.done("verify")


def test_a_programme_without_participation_says_so(listed):
    listed.done("cycle", "open", *OF_2026, "--yes", at="2026-09-01")
    assert "нет категорий участия" in listed("cycle", "participants", *OF_2026).err
