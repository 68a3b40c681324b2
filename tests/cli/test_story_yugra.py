"""Yugra's year (S1): 290 schools and 22 found; one of them from its card to its exit, and a tutor itself."""

import io

import pytest
from pypdf import PdfReader

from cli.region import write_region
from tests.cli.conftest import HEADER
from tests.cli.seed_region import Region
from tests.cli.terminal import Terminal

LOW, SITE, GOOD, NEXT = "010001", "010002", "010003", "010004"
HEAD, TUTOR = "head010001@example.org", "head010002@example.org"
COORDINATOR, CURATOR = "coordinator@example.org", "curator@example.org"
JUDGES = {"curator": CURATOR, "coordinator": COORDINATOR, "operator": "second@example.org"}
EXAMS = ("oge_math", "oge_russian")
STEPS = ("comprehension", "adaptation", "roadmap", "first_run", "system")
YEAR = 2026
BASIS = ("--basis", "приказ № 12")


def test_the_cohort_of_290_adds_up_and_22_are_found_in_four_groups(terminal):
    region = Region(terminal, "yugra")
    files = write_region(terminal.folder / "region", year=YEAR)
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    for profile in ("schools", "results", "context"):
        words = ["import", files.by_profile()[profile], "--programme", "yugra"]
        terminal.done(*words, "--profile", profile, at="2026-08-20")
    terminal.done("identify", *region.of(YEAR), at="2026-08-25")
    made = terminal.done("list", "makeup", *region.of(YEAR), "--json").data
    assert (made["schools"], made["listed"]) == (290, 22)
    parts: dict[str, dict[str, tuple[int, int]]] = {}
    for one in made["parts"]:
        parts.setdefault(one["by"], {})[one["value"]] = (one["schools"], one["listed"])
    schools = {by: {value: n for value, (n, _) in of.items()} for by, of in parts.items()}
    assert schools["founder"] == {"municipal": 284, "private": 4, "state": 2}  # S1-03
    assert schools["settlement"] == {"rural": 130, "urban": 160}
    assert schools["legal_form"] == {"autonomous": 29, "budget": 205, "treasury": 52, "private": 4}
    assert (schools["small"]["yes"], schools["level"]["advanced"]) == (57, 43)
    assert all(sum(of.values()) == 290 for of in schools.values())
    found = {group: listed for group, (_, listed) in parts["peer_group"].items()}
    assert found == {"special": 1, "advanced": 4, "small_rural": 4, "ordinary": 13}  # S1-04
    assert "автономное" in terminal.done("list", "makeup", *region.of(YEAR)).out


# --- one school's year ----------------------------------------------------------------------------


@pytest.fixture
def yugra(on_database: Terminal) -> Region:
    """Four schools over three years; one of the year is low, one is an innovation site by its theme."""
    region = Region(on_database, "yugra")
    on_database.done("init", "--name", "Оператор", at="2026-08-01")
    like = ["Школа", "01", "Округ 01", "1970-09-01", "", "бюджетное", "муниципальная"]
    like += ["городская", "нет", "обычная"]
    rows = [[code, f"Школа {code}", *like, "нет", ""] for code in (LOW, GOOD, NEXT)]
    rows.append([SITE, f"Школа {SITE}", *like, "да", "математика"])
    region.take("schools", [*HEADER, "innovation_site", "innovation_theme"], rows, at="2026-08-20")
    for year in (2024, 2025, 2026):
        region.results(year, {LOW: 9, SITE: 0, GOOD: 1, NEXT: 4}, EXAMS, at="2026-08-20")
    region.context({YEAR: {LOW: 60, SITE: 70, GOOD: 65, NEXT: 50}}, at="2026-08-20")
    people = [
        [COORDINATOR, "Координатор Выдуманный", "координатор", "01", ""],
        [JUDGES["operator"], "Второй Выдуманный", "оператор", "", ""],
        [CURATOR, "Куратор Выдуманный", "куратор", "", LOW],
        [HEAD, "Директор Выдуманный", "руководитель", "", LOW],
        [TUTOR, "Тьютор Выдуманный", "руководитель", "", SITE],
    ]
    region.people(people, at="2026-08-20")
    on_database.done("identify", *region.of(YEAR), "--confirm", at="2026-08-25")
    on_database.done("cycle", "open", *region.of(YEAR), "--yes", at="2026-09-01")
    return region


def carry(region, *, at):
    mine = region.terminal.done("task", "list", "--case", 1, "--json").data
    region.carry_through(mine, at=at, judges=JUDGES)


def papers_of_three_levels(region):
    """An act of the region, one of the municipality resting on it, one of the school (S1-01, S1-17)."""
    act = {
        "title": "О поддержке",
        "number": "439",
        "signed_on": "2026-09-01",
        "signer": "И. Придуманный",
    }
    top = region.write_down("regional_act", at="2026-09-02", **act)
    of_place = ("--territory", "01", "--parent", top)
    middle = region.write_down("municipal_act", *of_place, at="2026-09-02", by=COORDINATOR, **act)
    of_case = ("--case", 1, "--parent", middle)
    own = region.write_down("school_act", *of_case, at="2026-09-02", by=HEAD, **act)
    region.terminal.done("record", "confirm", own, at="2026-09-03", by=COORDINATOR)
    shown = region.terminal.done("record", "show", own, "--json").data
    assert [one["id"] for one in shown["parents"]] == [middle, top]


def to_the_tutor(region):
    """The card, the self-analysis, the cluster; the innovation site of the fitting theme comes first."""
    run = region.terminal
    listed = run.done("list", "show", *region.of(YEAR), "--json").data["schools"]
    assert [(one["school"], one["categories"]) for one in listed] == [
        (LOW, ["low_results", "stably_low"])  # S1-06: three years
    ]
    carry(region, at="2026-09-07")
    region.move(1, "analyse", at="2026-09-08")
    carry(region, at="2026-09-09")
    run.done("cluster", "assign", 1, *BASIS, at="2026-09-10")
    region.move(1, "cluster", at="2026-09-10T10:00")
    shown = run.done("partner", "show", 1, "--json").data["pair"]
    assert (shown["candidate"], shown["pool"], shown["parts"]["theme"]) == (
        SITE,
        "innovation_sites",
        1,
    )  # S1-25
    run.done("partner", "confirm", 1, *region.of(YEAR), *BASIS, at="2026-09-11")
    roles = run.done("people", "show", TUTOR, "--json").data["roles"]
    assert {(one["role"], one["school"]) for one in roles} == {("head", SITE), ("partner", LOW)}
    carry(region, at="2026-09-14")  # the contract (S1-17)
    region.move(1, "partner", at="2026-09-15")
    told = [one["to"] for one in run.done("letter", "list", "--json").data if one["case"] == 1]
    assert told.count(TUTOR) == 2  # whom to accompany, and the move


def trial_and_review(region):
    """The school tries, both analyse, the tutor returns the plan once, the school revises (S1-21, S1-22)."""
    run, of_case = region.terminal, ("--case", 1)
    early = ["record", "add", "joint_analysis", *of_case, "--field", "findings=x"]
    assert run(*early, "--field", "analysed_on=2026-09-16", at="2026-09-16", by=TUTOR).status == 1
    tried = region.write_down(
        "trial", *of_case, at="2026-09-16", by=HEAD, what="Урок по тьютору", tried_on="2026-09-16"
    )
    region.write_down(
        "joint_analysis", *of_case, "--parent", tried, at="2026-09-17", by=TUTOR,
        findings="Темп высок", analysed_on="2026-09-17",
    )  # fmt: skip
    for section, model in (
        ("normative", "methodical"),
        ("staff", "staff"),
        ("monitoring", "financial"),
    ):
        of = {"title": f"Дело: {section}", "section": section, "due": "2026-11-20"}
        of |= {"proof": "справка", "model": model, "budget": "12,5"}
        region.write_down("measure", *of_case, at="2026-09-18", by=HEAD, **of)
    run.done("plan", "submit", 1, at="2026-09-21", by=HEAD)
    back = ("--return", "--remarks", "Нет мер по математике")
    run.done("plan", "review", 1, *back, at="2026-09-22", by=TUTOR)
    run.done("plan", "submit", 1, at="2026-09-23", by=HEAD)
    for by in (TUTOR, COORDINATOR):
        run.done("plan", "review", 1, "--endorse", at="2026-09-24", by=by)
    carry(region, at="2026-09-25")  # the tutor's practice studied (S1-24), the act
    refused = run("case", "move", 1, "approve_programme", *BASIS, at="2026-09-25T12:00")
    assert refused.err.count("•") == 2  # the plan, and the municipality's own programme
    run.done("plan", "approve", 1, *BASIS, at="2026-09-28")
    municipal = region.tasks(milestone="municipal_programme_adopted")
    region.carry_through(municipal, at="2026-09-28T10:00", judges=JUDGES)
    region.move(1, "approve_programme", *BASIS, at="2026-09-28T12:00")


def monitored(region):
    """Entry phase and baseline; the bank of measures is the plan itself; five steps, one by one."""
    run = region.terminal
    [bank] = region.tasks(milestone="measures_published")
    run.done("task", "submit", bank["id"], at="2026-09-29", by=HEAD)  # nothing is typed again
    carry(region, at="2026-09-30")
    run.done("task", "accept", bank["id"], at="2026-09-30T12:00", by=CURATOR)
    run.done("indicator", "freeze", "entry", *region.of(YEAR), at="2026-10-01")
    region.move(1, "monitor", at="2026-10-01T10:00")
    late = ["record", "add", "adoption_step", "--case", 1, "--field", "step=system"]
    days = ["--field", "done_on=2026-10-02", "--field", "result=Готово"]
    refused = run(*late, *days, at="2026-10-02", by=HEAD)
    assert "1. осмысление" in refused.err  # S1-18
    for number, step in enumerate(STEPS):
        done = {"step": step, "done_on": f"2026-10-0{2 + number}", "result": "Готово"}
        region.write_down("adoption_step", "--case", 1, at=f"2026-10-1{number}", by=HEAD, **done)
    made = region.write_down("material", "--case", 1, at="2026-10-15", by=HEAD, title="Конспекты")
    said = {"material": "Конспекты", "union": "УМО математиков", "held_on": "2026-10-16"}
    of_place = ("--territory", "01", "--parent", made)
    talk = region.write_down("discussion", *of_place, at="2026-10-16", by=COORDINATOR, **said)
    run.done("record", "conclude", talk, "recommended", at="2026-10-16", by=COORDINATOR)  # S1-19
    held = [
        region.write_down(
            "event", "--invite", LOW, at="2026-10-20", title=f"Семинар {number}", type="seminar",
            held_on=f"2026-10-2{number}",
        )
        for number in (1, 2)  # S1-09
    ]  # fmt: skip
    for number in held:
        run.done("record", "attend", number, LOW, at="2026-10-22T09:30")


def five_indicators(region):
    """S1-07 … S1-11: their targets, at the region's own numbers."""
    run = region.terminal
    for name, numbers in (
        ("individual_routes", ("--numerator", 6, "--denominator", 100)),
        ("trained_teachers", ("--numerator", 4, "--denominator", 100)),
        ("target_mentoring", ("--numerator", 1)),
        ("mentored_teams", ("--numerator", 0)),
    ):
        words = ["indicator", "enter", name, *region.of(YEAR), "--from", "отчёт ИРО", *numbers]
        run.done(*words, at="2026-10-22T10:00")
    rows = run.done("indicator", "show", *region.of(YEAR), "--json").data
    order = {one["indicator"]: one["reached"] for one in rows if one["group"] == "order"}
    assert order == {
        "individual_routes": True,
        "trained_teachers": False,
        "regional_events": True,
        "target_mentoring": True,
        "mentored_teams": False,
    }


def folder_of(region, *, at):
    made = region.terminal.done("document", "make", "case_folder", 1, "--json", at=at).data
    name = region.terminal.folder / made["file"]
    reader = PdfReader(io.BytesIO(name.read_bytes()))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_a_school_goes_from_its_card_to_its_exit_and_may_itself_become_a_tutor(yugra):
    run = yugra.terminal
    papers_of_three_levels(yugra)
    to_the_tutor(yugra)
    trial_and_review(yugra)
    monitored(yugra)
    five_indicators(yugra)
    carry(yugra, at="2026-11-16")  # interim and final phase, the score of lessons
    told = folder_of(yugra, at="2026-11-17")
    for artefact in (
        "информационная карта",
        "анализ результатов",
        "самоанализ",
        "эффективности уроков",
    ):
        assert artefact in told.lower(), artefact  # S1-13; the bank of measures:
    assert "Дело: staff" in told
    assert "Темп высок" in told
    assert "Методическое событие: Семинар 2 1 1" in told

    yugra.results(2027, {LOW: 0, SITE: 0, GOOD: 1, NEXT: 9}, EXAMS, at="2027-06-01")
    yugra.context({2027: {LOW: 60, SITE: 70, GOOD: 65, NEXT: 50}}, at="2027-06-01")
    [end] = run.done("cycle", "propose", *yugra.of(YEAR), "--json", at="2027-06-02").data[
        "proposals"
    ]
    assert (end["school"], end["outcome"]) == (LOW, "improved")
    run.done("case", "decide-exit", 1, *BASIS, at="2027-06-03")
    yugra.move(1, "exit", *BASIS, at="2027-06-04")
    run.done("cycle", "close", *yugra.of(YEAR), at="2027-06-05")
    a_tutor_itself(yugra)
    assert run.done("verify", "--json").data["ok"]


def a_tutor_itself(region):
    """S1-26: the next year's low school may have the improver; and it is watched whether that one holds."""
    run = region.terminal
    region.people(
        [["curator2@example.org", "Куратор Второй", "куратор", "", NEXT]], at="2027-08-20"
    )
    run.done("identify", *region.of(2027), "--confirm", at="2027-08-25")
    run.done("cycle", "open", *region.of(2027), "--yes", at="2027-09-01")
    [case] = run.done("case", "list", "--json", "--cycle", 2).data
    assert case["school"] == NEXT
    first = run.done("partner", "show", case["id"], "--json").data
    assert first["pair"]["candidate"] == SITE
    assert LOW in {one["candidate"] for one in first["others"]}
    why = ("--reason", "Тьютор занят")
    run.done("partner", "bar", case["id"], SITE, *why, at="2027-09-02")
    pair = run.done("partner", "show", case["id"], "--json").data["pair"]
    assert (pair["candidate"], pair["pool"]) == (LOW, "improvers")
    [held] = run.done("list", "watch", *region.of(2027), "--json").data
    assert (held["school"], held["left"], held["years"]) == (LOW, YEAR, 1)
    assert (held["judged"], held["returned"]) == (True, False)
    assert "держится" in run.done("list", "watch", *region.of(2027)).out
