"""Lipetsk's calendar year (S2): every school judged, 60 % take part, five sections, numbers to all."""

import pytest

from tests.cli.seed_region import Region
from tests.cli.terminal import Terminal

LOW, POOR = "010001", "020002"  # low results; adverse conditions alone
GOOD, SITE, BUSY, IDLE = "010003", "020004", "030005", "030006"
EVERY = (LOW, POOR, GOOD, SITE, BUSY, IDLE)
EXAMS = ("oge_math", "regional_russian")
COORDINATORS = {code: f"coordinator{code}@example.org" for code in ("01", "02", "03")}
CURATOR, HEAD = "curator@example.org", "head@example.org"
JUDGES = {"curator": CURATOR, "coordinator": COORDINATORS["01"], "operator": "second@example.org"}
SECTIONS = ("contracts", "posts", "training", "methodical", "exchange")
YEAR = 2019  # the school year 2018/19; the work runs in 2020 (S2-13)


@pytest.fixture
def lipetsk(terminal: Terminal) -> Region:
    """Six schools of three municipalities on the eve of 2020."""
    region = Region(terminal, "lipetsk")
    terminal.done("init", "--name", "Оператор", at="2019-12-01")
    region.schools(EVERY, at="2019-12-02", sites=(SITE,))
    region.results(YEAR, {**dict.fromkeys(EVERY, 0), LOW: 9}, EXAMS, at="2019-12-02")
    region.context({YEAR: {**dict.fromkeys(EVERY, 60), POOR: 30}}, at="2019-12-02")
    people = [[email, f"Координатор {code}", "координатор", code, ""]
              for code, email in COORDINATORS.items()]  # fmt: skip
    people += [
        ["second@example.org", "Второй Выдуманный", "оператор", "", ""],
        *([CURATOR, "Куратор Выдуманный", "куратор", "", code] for code in (LOW, POOR)),
        [HEAD, "Директор Выдуманный", "руководитель", "", LOW],
        ["head2@example.org", "Директор Второй", "руководитель", "", POOR],
        ["partner@example.org", "Партнёр Выдуманный", "partner", "", LOW],
    ]
    region.people(people, at="2019-12-02")
    return region


def open_year(region):
    region.terminal.done("identify", *region.of(YEAR), "--confirm", at="2019-12-20")
    region.terminal.done("cycle", "open", *region.of(YEAR), "--yes", at="2020-01-15")


def carry(region, *, at):
    mine = region.terminal.done("task", "list", "--case", 1, "--json").data
    region.carry_through(mine, at=at, judges=JUDGES)


def test_every_school_is_judged_and_sixty_per_cent_in_every_municipality_take_part(lipetsk):
    run = lipetsk.terminal
    lipetsk.schools(["030007"], at="2019-12-03")
    assert run("identify", *lipetsk.of(YEAR), "--confirm", at="2019-12-20").status == 1  # S2-04
    run.done("identify", *lipetsk.of(YEAR), at="2019-12-20")
    gaps = run("list", "gaps", *lipetsk.of(YEAR), "--json").data
    assert [one["school"] for one in gaps] == ["030007"]
    reason = ["--off", "--reason", "Новая школа", "--basis", "протокол № 1"]
    run.done("list", "override", "030007", *lipetsk.of(YEAR), *reason, at="2019-12-20")
    open_year(lipetsk)
    cases = run.done("case", "list", "--json").data
    assert {one["school"] for one in cases} == {LOW, POOR}

    enter = ["cycle", "enter", *lipetsk.of(YEAR), "--basis", "приказ № 21"]
    run.done(*enter, SITE, "--category", "partner", at="2020-01-20", by=COORDINATORS["02"])
    early = run.done("cycle", "participants", *lipetsk.of(YEAR), "--json").data
    assert (early["taking_part"], early["territories_taking_part"]) == (3, 2)
    run.done(*enter, BUSY, GOOD, "--category", "other", at="2020-01-21")
    found = run.done("cycle", "participants", *lipetsk.of(YEAR), "--json").data
    assert (found["taking_part"], found["schools"], float(found["wanted_share"])) == (5, 7, 0.6)
    assert float(found["share"]) >= 0.6  # S2-02
    assert found["territories_taking_part"] == found["territories"] == 3  # S2-03
    act = ["--number", "21-П", "--signed", "2020-01-22", "--signer", "И. Придуманный"]
    words = ["list", "publish", *lipetsk.of(YEAR), *act, "--out", "register", "--json"]
    told = run.done(*words, at="2020-01-22").data  # S2-05
    assert (told["edition"], told["schools"]) == (1, 2)
    for file in (told["workbook"], told["page"]):
        assert (run.folder / file).is_file()
    assert run.done("verify", "--json").data["ok"]


def measures(region, *sections):
    for section in sections:
        of = {"title": f"Дело: {section}", "section": section, "due": "2020-05-20"}
        of |= {"proof": "протокол", "model": "tutoring"}
        region.write_down("measure", "--case", 1, at="2020-03-02", by=HEAD, **of)


def approve_programme(region):
    """Handed in only when all five sections stand (S2-08)."""
    run = region.terminal
    measures(region, *SECTIONS[:1], *SECTIONS[2:])
    checked = run("plan", "check", 1, "--json", by=HEAD)
    assert (checked.status, len(checked.data["missing"])) == (3, 1)
    refused = run("plan", "submit", 1, at="2020-03-03", by=HEAD)
    assert "новые ставки специалистов" in refused.err
    measures_at = {"title": "Ставка психолога", "section": "posts", "due": "2020-05-20"}
    region.write_down(
        "measure", "--case", 1, at="2020-03-03", by=HEAD, proof="приказ", **measures_at
    )
    run.done("plan", "check", 1, by=HEAD)
    run.done("plan", "submit", 1, at="2020-03-04", by=HEAD)
    for by in ("partner@example.org", COORDINATORS["01"]):
        run.done("plan", "review", 1, "--endorse", at="2020-03-05", by=by)
    run.done("plan", "approve", 1, "--basis", "приказ № 40", at="2020-03-06")


def to_the_programme(region):
    run = region.terminal
    carry(region, at="2020-01-27")
    region.move(1, "analyse", at="2020-01-28")
    carry(region, at="2020-02-03")
    run.done("cluster", "assign", 1, "--basis", "протокол № 3", at="2020-02-04")
    region.move(1, "cluster", at="2020-02-05")
    confirm = ["partner", "confirm", 1, *region.of(YEAR), "--basis", "приказ № 12", "--json"]
    [pair] = run.done(*confirm, at="2020-02-06").data["pairs"]
    assert pair["candidate"] == GOOD  # of the own municipality; the site is in another
    carry(region, at="2020-02-10")
    region.move(1, "partner", at="2020-02-11")


def forms_of_three_levels(run):
    """S2-09: each level's form begins with its own numbers; a form that stands needs no file."""
    of_level: dict[str, tuple[list[object], str | None, str, str]] = {
        "monitoring_form": (["--case", 1], CURATOR, "measures", "5"),
        "municipal_monitoring_form": (
            ["--territory", "01"],
            COORDINATORS["01"],
            "low_schools",
            "1",
        ),
        "regional_monitoring_form": ([], None, "publications", "2"),
    }
    for kind, (about, by, field, value) in of_level.items():
        form = ["record", "form", kind, *about, "--json"]
        rows = run.done(*form, at="2020-04-06", by=by).data["rows"]
        assert {one["key"]: one["known"] for one in rows}[field] == value
        words = ["--field", "filled_on=2020-04-06", "--field", "conclusions=Меры идут"]
        run.done("record", "add", kind, *about, *words, at="2020-04-06", by=by)
    mine = [
        one
        for one in run.done("task", "list", "--json").data
        if one["milestone"] == "municipal_monitoring" and one["assignee"] == COORDINATORS["01"]
    ]
    run.done("task", "submit", mine[0]["id"], at="2020-04-07", by=COORDINATORS["01"])


def test_a_programme_of_five_sections_its_numbers_and_its_end(lipetsk):
    run = lipetsk.terminal
    open_year(lipetsk)
    enter = ["cycle", "enter", BUSY, *lipetsk.of(YEAR), "--category", "other"]
    run.done(
        *enter, "--basis", "приказ № 21", at="2020-01-16"
    )  # no case, and informed all the same
    to_the_programme(lipetsk)
    refused = run("case", "move", 1, "approve_programme", "--basis", "x", at="2020-02-12")
    assert refused.status == 1
    approve_programme(lipetsk)
    carry(lipetsk, at="2020-03-10")
    lipetsk.move(1, "approve_programme", "--basis", "приказ № 40", at="2020-03-11")
    carry(lipetsk, at="2020-03-12")
    run.done("indicator", "freeze", "entry", *lipetsk.of(YEAR), at="2020-03-13")
    lipetsk.move(1, "monitor", at="2020-03-13")

    point = {"title": "Пункт округа 01", "address": "ул. Выдуманная, 1", "opened_on": "2020-03-16"}
    lipetsk.write_down("consultation_point", at="2020-03-16", **point)  # S2-06
    for number in (1, 2):  # S2-11
        where = {"title": f"Опыт {number}", "published_on": "2020-04-01", "where": "Вестник"}
        lipetsk.write_down("publication", at="2020-04-01", **where)
    values = run.done("indicator", "show", *lipetsk.of(YEAR), "--json").data
    regional = {one["indicator"]: one for one in values if one["place"] == ""}
    assert (regional["publications"]["value"], regional["publications"]["reached"]) == ("2", True)
    assert (regional["schools_analysed"]["value"], regional["events"]["reached"]) == ("1", False)

    sent = run.done("cycle", "inform", *lipetsk.of(YEAR), "--json", at="2020-04-02").data
    run.done("deliver", at="2020-04-03T11:00")
    letters = run.done("letter", "list", "--json").data
    told = {one["to"] for one in letters if one["kind"] == "analytics"}
    assert told >= {HEAD, CURATOR, "head2@example.org", "partner@example.org"}
    assert told >= set(COORDINATORS.values())  # S2-10: everybody
    assert sent["letters"] == len(told)

    forms_of_three_levels(run)
    carry(lipetsk, at="2020-06-01")
    scopes = {one["milestone"] for one in lipetsk.tasks(case=None)}  # S2-09
    assert scopes >= {"municipal_monitoring", "regional_monitoring"}
    lipetsk.results(2020, dict.fromkeys(EVERY, 0), EXAMS, at="2020-09-01")
    lipetsk.context({2020: {**dict.fromkeys(EVERY, 60), POOR: 30}}, at="2020-09-01")
    proposed = run.done("cycle", "propose", *lipetsk.of(YEAR), "--json", at="2020-11-20").data
    ends = {one["school"]: one["outcome"] for one in proposed["proposals"]}
    assert ends == {LOW: "improved", POOR: "continues"}
    run.done("case", "decide-exit", 1, "--basis", "протокол № 9", at="2020-12-01")
    lipetsk.move(1, "exit", "--basis", "протокол № 9", "--outcome", "improved", at="2020-12-02")
    run.done("case", "decide-exit", 2, "--basis", "протокол № 9", at="2020-12-02")
    closed = run.done("cycle", "close", *lipetsk.of(YEAR), "--json", at="2020-12-20").data
    assert closed["outcomes"] == {"improved": 1, "continues": 1}
    run.done("report", "cycle", *lipetsk.of(YEAR), "--out", "reports")
    assert list((run.folder / "reports").glob("*.xlsx"))
    assert run.done("verify", "--json").data["ok"]
