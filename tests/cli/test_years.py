"""Years as people live them: three cycles one after the other, and a school that joins in March."""

import shutil
from pathlib import Path

import programmes
from tests.cli.conftest import HEADER, write
from tests.cli.test_story import CURATOR

A, B, C = "010001", "010002", "010003"
LIKE = ["Школа", "01", "Выдуманный район", "1970-09-01", "", "бюджетное", "муниципальная"]
LIKE += ["городская", "нет", "обычная"]
RESULTS = ["id", "year", "procedure", "participants", "below_threshold"]
PROCEDURES = ("oge_math", "oge_russian")
YUGRA_FOLDER = Path(programmes.__file__).parent / "yugra"
YUGRA = ["--programme", "yugra", "--year"]
DECIDE = ["case", "decide-exit"]
BASIS = ["--basis", "протокол № 9"]


def results(terminal, year, *low, at, more=()):
    rows = [
        [school, year, procedure, 20, 10 if school in low else 0]
        for school in (A, B, C, *more)
        for procedure in PROCEDURES
    ]
    write(terminal.folder / "results.csv", RESULTS, rows)
    terminal.done("import", "results.csv", "--programme", "yugra", "--profile", "results", at=at)


def found_region(terminal, at, *extra, people=()):
    """Three schools with their coordinator, and whoever else is given."""
    terminal.done("init", "--name", "Оператор", at=at)
    schools = [[code, f"Школа № {code[-1]}", *LIKE] for code in (A, B, C)]
    write(terminal.folder / "schools.csv", HEADER, [*schools, *extra])
    coordinator = ["coordinator@example.org", "Координатор Выдуманный", "координатор", "01", ""]
    header = ["email", "name", "role", "territory", "school"]
    write(terminal.folder / "people.csv", header, [coordinator, *people])
    for name in ("schools", "people"):
        terminal.done("import", f"{name}.csv", "--programme", "yugra", "--profile", name, at=at)


def open_year(terminal, year, at):
    return terminal.done("cycle", "open", *YUGRA, year, "--yes", "--json", at=at).data


def cases(terminal, cycle):
    listed = terminal.done("case", "list", "--cycle", cycle, "--json").data
    return {one["school"]: one for one in listed}


def propose(terminal, year, at):
    answer = terminal.done("cycle", "propose", *YUGRA, year, "--json", at=at).data
    return {one["school"]: one for one in answer["proposals"]}


def live_through_2021(terminal):
    """A year whose ends are proposed, decided (one otherwise than proposed) and closed."""
    found_region(terminal, "2021-08-01")
    results(terminal, 2021, A, B, C, at="2021-08-20")
    first = open_year(terminal, 2021, "2021-09-01")["cycle"]
    assert cases(terminal, first).keys() == {A, B, C}

    assert terminal("cycle", "close", *YUGRA, 2021, at="2022-06-01").status == 1
    unknown = propose(terminal, 2021, "2022-06-01")  # no results of 2022 yet
    assert {one["outcome"] for one in unknown.values()} == {None}
    assert {tuple(one["reasons"]) for one in unknown.values()} == {("missing",)}

    results(terminal, 2022, C, at="2022-06-20")
    proposed = propose(terminal, 2021, "2022-06-21")
    assert {s: one["outcome"] for s, one in proposed.items()} == {
        A: "improved",
        B: "improved",
        C: "continues",
    }
    inputs = proposed[A]["grounds"][0]["inputs"]
    assert any(one["source"].startswith("results.csv:") for one in inputs)
    assert propose(terminal, 2021, "2022-06-21") == proposed
    return proposed


def decide_2021(terminal, proposed):
    at = "2022-06-22"
    terminal.done(*DECIDE, proposed[A]["case"], *BASIS, at=at)
    refused = terminal("cycle", "close", *YUGRA, 2021, at=at)
    assert refused.status == 1
    assert B in refused.err
    assert A not in refused.err
    over = [*DECIDE, proposed[B]["case"], "--outcome", "continues", *BASIS]
    assert terminal(*over, at=at).status == 1  # another end than the proposed one says why
    assert (
        terminal(*over, "--reason", "слабые кадры", at=at, by="coordinator@example.org").status == 1
    )
    told = terminal.done(*over, "--reason", "слабые кадры", "--json", at=at).data
    assert (told["outcome"], told["proposed"]) == ("continues", "improved")
    terminal.done(*DECIDE, proposed[C]["case"], *BASIS, at=at)
    tried = terminal.done("cycle", "close", *YUGRA, 2021, "--dry-run", "--json", at=at).data
    closed = terminal.done("cycle", "close", *YUGRA, 2021, "--json", at=at).data
    assert (tried["outcomes"], tried["closed"]) == ({"improved": 1, "continues": 2}, False)
    assert {**closed, "closed": False} == tried
    assert terminal("case", "move", 1, "withdraw", *BASIS, at=at).status == 1  # only read now
    assert terminal("cycle", "close", *YUGRA, 2021, at=at).status == 1
    assert terminal.done("task", "list", "--case", 1, "--json").data[0]["state"] == "cancelled"
    assert terminal.done("verify", "--json").data["ok"]


def test_three_cycles_carry_three_schools_through_2021_to_2024(on_database):
    terminal = on_database
    proposed = live_through_2021(terminal)
    decide_2021(terminal, proposed)
    second = open_year(terminal, 2022, "2022-09-01")["cycle"]  # B is carried over, C is both
    of_second = cases(terminal, second)
    assert of_second.keys() == {B, C}
    assert of_second[B]["carried_from"] == proposed[B]["case"]
    assert {one["years_in_programme"] for one in of_second.values()} == {2}

    results(terminal, 2023, C, at="2023-06-20")
    again = propose(terminal, 2022, "2023-06-21")
    assert {s: one["outcome"] for s, one in again.items()} == {B: "improved", C: "continues"}
    for one in again.values():
        terminal.done(*DECIDE, one["case"], *BASIS, at="2023-06-22")
    terminal.done("cycle", "close", *YUGRA, 2022, at="2023-06-23")

    third = open_year(terminal, 2023, "2023-09-01")["cycle"]
    assert cases(terminal, third).keys() == {C}
    results(terminal, 2024, A, C, at="2024-06-20")
    last = propose(terminal, 2023, "2024-06-21")[C]
    assert (last["outcome"], last["years"]) == ("escalated", 3)
    terminal.done(*DECIDE, last["case"], *BASIS, at="2024-06-22")
    terminal.done("cycle", "close", *YUGRA, 2023, at="2024-06-23")

    head = [["head@example.org", "Директор Выдуманный", "руководитель", "", A]]
    write(terminal.folder / "people.csv", ["email", "name", "role", "territory", "school"], head)
    words = ["import", "people.csv", "--programme", "yugra", "--profile", "people"]
    terminal.done(*words, at="2024-08-30")
    fourth = open_year(terminal, 2024, "2024-09-02")["cycle"]
    back = cases(terminal, fourth)  # A returns after two years, and is known
    assert back[A]["years_in_programme"] == 2
    assert back[A]["carried_from"] is None
    shown = terminal.done("case", "show", back[A]["id"], "--json").data
    assert shown["earlier_years"] == [[2021, "improved"]]
    assert "2021: перешла в эффективный режим" in terminal.done("case", "show", back[A]["id"]).out
    [letter] = [
        one
        for one in terminal.done("letter", "list", "--json").data
        if (one["kind"], one["to"]) == ("case_opened", "head@example.org")
    ]
    terminal.done("deliver", at="2024-09-03")
    told = terminal.done("letter", "show", letter["id"], "--json").data["text"]
    assert "Школа уже была в программе: 2021 (перешла в эффективный режим)." in told
    years = terminal.done("history", "--school", A, "--json").data["cases"]
    assert [(one["year"], one["outcome"]) for one in years] == [(2021, "improved"), (2024, None)]
    assert "2021" in terminal.done("history", "--school", A).out
    assert terminal.done("verify", "--json").data["ok"]


def test_a_school_that_joins_in_march_gets_days_to_come_and_its_municipality_too(on_database):
    terminal = on_database
    other = ["Школа", "02", "Соседний район", *LIKE[3:]]
    joining = ["020001", "Школа № 9", *other]
    people = [
        ["second@example.org", "Координатор Соседний", "координатор", "02", ""],
        ["curator@example.org", "Куратор Выдуманный", "куратор", "", "020001"],
        ["head@example.org", "Директор Выдуманный", "руководитель", "", "020001"],
    ]
    found_region(terminal, "2026-08-01", joining, people=people)
    results(terminal, 2026, A, at="2026-08-20", more=["020001"])
    cycle = open_year(terminal, 2026, "2026-09-01")["cycle"]
    terminal.done("deliver", at="2026-09-02")
    assert cases(terminal, cycle).keys() == {A}

    joining = ["case", "open", *YUGRA, "2026", "--school", "020001", "--json"]
    case = terminal.done(*joining, at="2027-03-15").data["case"]
    tasks = terminal.done("task", "list", "--case", case, "--json").data
    assert tasks
    assert min(task["due_on"] for task in tasks) > "2027-03-15"
    everything = terminal.done("task", "list", "--json").data
    municipal = [t for t in everything if t["milestone"] == "municipal_programme_adopted"]
    joined = next(task for task in municipal if task["territory"] == "02")
    assert joined["due_on"] > "2027-03-15"
    assert len(municipal) == 2
    letters = terminal.done("letter", "list", "--state", "pending", "--json").data
    told = {(letter["kind"], letter["to"]) for letter in letters}
    assert {
        ("case_opened", "curator@example.org"),
        ("case_opened", "head@example.org"),
        ("tasks_assigned", "second@example.org"),
    } <= told
    assert terminal.done("deliver", "--json", at="2027-03-16").data["sent"] > 0
    assert terminal.done("verify", "--json").data["ok"]


def test_a_programme_of_several_years_refuses_a_year_outside_its_term(terminal):
    folder = terminal.folder / "mine"
    shutil.copytree(YUGRA_FOLDER, folder)
    identity = folder / "programme.yaml"
    term = "term: {from: 2027, until: 2029}\n"
    identity.write_text(identity.read_text(encoding="utf-8") + term, encoding="utf-8")
    found_region(terminal, "2026-08-01")
    results(terminal, 2026, A, at="2026-08-20")
    words = ["cycle", "open", "--programme", "mine", "--year", 2026, "--yes"]
    refused = terminal(*words, at="2026-09-01")
    assert refused.status == 1
    assert "2027" in refused.err
    assert terminal.done("case", "list", "--json").data == []
    identity.write_text(
        identity.read_text(encoding="utf-8").replace("until: 2029", "until: 2020"), encoding="utf-8"
    )
    assert terminal("programme", "check", "mine").status == 3


def test_the_exit_takes_the_decided_outcome(region):

    proposing = ["cycle", "propose", *YUGRA, 2026, "--json"]
    region.done(*proposing, at="2026-09-02")
    assert (
        region("case", "decide-exit", 1, *BASIS, at="2026-09-02").status == 1
    )  # nothing to follow
    withdrawn = ["case", "decide-exit", 1, "--outcome", "withdrawn", *BASIS]
    assert region(*withdrawn, at="2026-09-02").status == 1
    chosen = ["case", "decide-exit", 1, "--outcome", "escalated"]
    assert region(*chosen, at="2026-09-02").status == 1  # no basis
    assert region(*chosen, *BASIS, at="2026-09-02", by=CURATOR).status == 1
    region.done(*chosen, *BASIS, at="2026-09-02")
    assert "протокол № 9" in region.done("case", "show", 1).out
    refused = region("case", "move", 1, "exit", *BASIS, at="2026-09-03")
    assert refused.status == 1  # the law, not the outcome
    region.done("case", "move", 1, "withdraw", *BASIS, at="2026-09-03")
    assert region(*chosen, *BASIS, at="2026-09-03").status == 1
    region.done("cycle", "close", *YUGRA, 2026, at="2026-09-03")
    assert not region.done("cycle", "status", "--json").data["is_open"]
    joining = ["case", "open", *YUGRA, "2026", "--school", "010002"]
    assert region(*joining, at="2026-09-04").status == 1
    assert region.done("verify", "--json").data["ok"]
